/** A venue and a stand-in that it is connected to, in one process, on time that passes only when a test waits. */
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { createLog } from '@gridworks/kit/telemetry';
import { createRandom } from '../../domain/random.ts';
import {
  isSettled,
  type Change,
  type Ticket,
  type VenueHappening,
  type VenueOrder,
} from '../../domain/broker/order.ts';
import type { Discrepancy } from '../../domain/broker/reconcile.ts';
import { KITE_DEFAULTS, KiteVenue, type KiteOptions } from '../../remote/kite/venue.ts';
import type { Ruling, VenueJournal, VenueState, VenueTick } from '../../venue.ts';
import { ManualTime } from '../manual-time.ts';
import { StandIn, type StandInOptions } from './stand-in.ts';
import type { TrueOrder } from './truth.ts';

/** A trading day, 10:00 in India. */
const START_MS = Date.UTC(2026, 10, 23, 4, 30);
const ROUNDS_MAX = 100_000;
const STEP_MS = 20;
const CREDENTIALS = { apiKey: 'key', accessToken: 'token', apiSecret: 'secret' };

/** A journal that remembers what it was told; what must outlive the process it hands on. */
export class MemoryJournal implements VenueJournal {
  readonly kept = new Map<string, VenueOrder>();
  readonly happenings: VenueHappening[] = [];
  /** Whether it fails to keep these. */
  isFailing: (changes: readonly Change[]) => boolean = () => false;

  constructor(private readonly below?: VenueJournal) {}

  async recent(sinceMs: number): Promise<readonly VenueOrder[]> {
    const isRecent = (order: VenueOrder): boolean => !isSettled(order) || order.heardAtMs >= sinceMs;
    return this.below?.recent(sinceMs) ?? [...this.kept.values()].filter(isRecent);
  }

  async record(changes: readonly Change[], ruling?: Ruling): Promise<void> {
    if (this.isFailing(changes)) throw new Error('the database is away');
    await this.below?.record(changes, ruling);
    for (const { order, happenings } of changes) {
      this.kept.set(order.id, order);
      this.happenings.push(...happenings);
    }
  }
}

export interface SceneOptions {
  readonly seed?: string;
  readonly journal?: MemoryJournal;
  readonly startMs?: number;
  readonly standIn?: Partial<StandInOptions>;
  readonly venue?: Partial<KiteOptions>;
}

export class Scene {
  readonly states: VenueState[] = [];
  readonly ticks: VenueTick[] = [];
  readonly discrepancies: Discrepancy[] = [];
  #venue: KiteVenue | undefined;

  private constructor(
    readonly time: ManualTime,
    readonly standIn: StandIn,
    readonly journal: MemoryJournal,
    private readonly makeVenue: () => KiteVenue,
  ) {}

  get venue(): KiteVenue {
    if (!this.#venue) throw new Error('there is no venue yet');
    return this.#venue;
  }

  /** Ends the venue, if there is one, and begins another on what was kept. */
  async restart(): Promise<void> {
    await this.#venue?.stop();
    this.#venue = this.makeVenue();
    this.#venue.listen({
      turned: (state) => this.states.push(state),
      ticked: (tick) => this.ticks.push(tick),
      found: (discrepancy) => this.discrepancies.push(discrepancy),
    });
    await this.#venue.start();
  }

  /** Both are up; the venue has begun to connect. */
  static async open(options: SceneOptions = {}): Promise<Scene> {
    const { seed = 'scene', journal = new MemoryJournal(), startMs = START_MS } = options;
    const time = new ManualTime(startMs);
    const listings = [
      { name: 'NSE:INFY', token: 408_065, lastPrice: 1_500_00n },
      { name: 'NSE:SBIN', token: 779_521, lastPrice: 800_00n },
      { name: 'BSE:SBIN', token: 128_028_676, lastPrice: 800_00n },
    ];
    const standIn = await StandIn.open(
      { ...CREDENTIALS, seed, listings, heartbeatMs: 1_000, lateMs: 15_000, ...options.standIn },
      time,
    );
    const { restUrl, tickerUrl } = standIn;
    const settings = { ...KITE_DEFAULTS, ...CREDENTIALS, restUrl, tickerUrl, ...options.venue };
    const random = createRandom(`${seed} venue`);
    const uniform = (): number => random.uniform();
    const log = createLog('scene', 'silent');
    const scene = new Scene(
      time,
      standIn,
      journal,
      () => new KiteVenue(settings, time, uniform, journal, log),
    );
    await scene.restart();
    return scene;
  }

  /** The same, and the venue is connected. */
  static async connected(options: SceneOptions = {}): Promise<Scene> {
    const scene = await Scene.open(options);
    await scene.until(() => scene.venue.state === 'CONNECTED');
    return scene;
  }

  /** Lets time pass, and what is under way arrive, until something is so. */
  async until(condition: () => boolean, stepMs: number = STEP_MS): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (condition()) return;
      await this.pass(stepMs);
    }
    throw new Error(`it never came to be: ${condition.toString()}`);
  }

  /** One step of time, with some rounds of the event loop before it: nothing on the loopback takes longer. */
  async pass(stepMs: number = STEP_MS): Promise<void> {
    for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve));
    this.time.advance(stepMs);
  }

  /** The outcome of something that needs time to pass. */
  async outcome<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const mark = (): void => {
      isOver = true;
    };
    promise.then(mark, mark);
    await this.until(() => isOver);
    return promise;
  }

  /** Places an order; throws when it is refused. */
  async place(more: Partial<Ticket> = {}, id: string = newId()): Promise<VenueOrder> {
    const order = await this.outcome(this.venue.place(id, ticket(more)));
    if (isRefusal(order)) throw new Error(`${order.code}: ${order.message}`);
    return order;
  }

  /** The order as it is believed now. */
  now({ id }: Pick<VenueOrder, 'id'>): VenueOrder {
    const order = this.venue.order(id);
    if (!order) throw new Error(`order ${id} is not known`);
    return order;
  }

  /** The order as it truly is. */
  truthOf({ tag }: Pick<VenueOrder, 'tag'>): TrueOrder {
    const [order, ...more] = this.standIn.truth.orders.filter((each) => each.tag === tag);
    if (!order || more.length > 0) throw new Error(`the broker has ${order ? 'several' : 'no'} such orders`);
    return order;
  }

  /** What became known of an order, in order. */
  told({ id }: Pick<VenueOrder, 'id'>): string[] {
    return this.journal.happenings.filter(({ order }) => order.id === id).map(({ kind }) => kind);
  }

  async close(): Promise<void> {
    await this.venue.stop();
    await this.standIn.close();
  }
}

export function ticket(more: Partial<Ticket> = {}): Ticket {
  return {
    symbol: 'INFY',
    side: 'BUY',
    type: 'LIMIT',
    product: 'CNC',
    validity: 'DAY',
    quantity: 100n,
    limitPrice: 1_499_95n,
    triggerPrice: null,
    ...more,
  };
}
