/**
 * Keeps every live tick, off the way of those who watch: ticks gather in memory, and once a second what has gathered goes
 * to the archive. A crash loses the last second at most; the next start says so. While the archive is away, ticks wait
 * up to a number, then the oldest are given up, and that is said, too.
 */
import type { Log } from '@gridworks/kit/telemetry';
import type { TickRecord } from './domain/tick-record.ts';
import type { Tick } from './domain/tick.ts';
import type { Exchange } from './exchange.ts';
import type { TickArchive } from './tick-archive.ts';

const FLUSH_MS = 1_000;
/** An archive that stays away is tried again less often. */
const FLUSH_MAX_MS = 30_000;
/** Some minutes of a busy market. */
const WAITING_MAX = 200_000;

export class TickKeeper {
  #waiting: TickRecord[] = [];
  #lost = 0;
  #isOpen = false;
  #isAway = false;
  #unlisten: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly exchange: Pick<Exchange, 'onTick'>,
    private readonly archive: TickArchive,
    private readonly log: Log,
    private readonly waitingMax = WAITING_MAX,
  ) {}

  /** The last try to keep something failed. */
  get isAway(): boolean {
    return this.#isAway;
  }

  start(): void {
    this.#unlisten = this.exchange.onTick((tick) => this.#take(tick));
    this.#schedule();
  }

  /** Keeps what there is. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#unlisten?.();
    this.#unlisten = undefined;
    await this.flush();
    if (this.#isOpen) await this.archive.close();
    this.#isOpen = false;
  }

  /** The archive with all ticks until now. */
  async upToDate(): Promise<TickArchive> {
    await this.flush();
    if (!this.#isOpen) throw new Error('the archive of ticks is away');
    return this.archive;
  }

  /** Resolves when what has gathered is kept, or could not be. Never rejects. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async #open(): Promise<void> {
    const isLeftOpen = await this.archive.open();
    this.#isOpen = true;
    if (!isLeftOpen) return;
    const newestMs = await this.archive.newestMs();
    const after = newestMs === undefined ? null : new Date(newestMs);
    this.log.warn(
      { after },
      'the process was killed: of the last second after this, ticks may not have been kept',
    );
  }

  #schedule(waitMs = FLUSH_MS): void {
    this.#timer = setTimeout(() => {
      void this.flush().then(() => {
        if (!this.#unlisten) return;
        this.#schedule(this.#isAway ? Math.min(2 * waitMs, FLUSH_MAX_MS) : FLUSH_MS);
      });
    }, waitMs);
  }

  #take({ symbol, source, sequence, at, price, quantity, bid, ask }: Tick): void {
    // What is replayed is history already.
    if (source === 'REPLAY') return;
    this.#waiting.push({ symbol, sequence, at: at.getTime(), price, quantity, bid, ask });
    if (this.#waiting.length <= this.waitingMax) return;
    const given = Math.ceil(this.waitingMax / 10);
    this.#waiting = this.#waiting.slice(given);
    this.#lost += given;
  }

  async #flush(): Promise<void> {
    let taken: readonly TickRecord[] = [];
    try {
      if (!this.#isOpen) await this.#open();
      if (this.#lost > 0)
        this.log.error({ ticks: this.#lost }, 'ticks were given up while the archive was away');
      this.#lost = 0;
      taken = this.#waiting;
      this.#waiting = [];
      if (taken.length > 0) await this.archive.append(taken);
      this.#isAway = false;
    } catch (error) {
      this.#isAway = true;
      this.#waiting = [...taken, ...this.#waiting];
      this.log.error(
        { err: error, ticks: this.#waiting.length },
        'ticks were not kept and will be tried again',
      );
    }
  }
}
