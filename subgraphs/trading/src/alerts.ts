/** Watches the market for everybody's price alerts: the board in memory, truth in Postgres. */
import type { Database } from '@gridworks/kit/db';
import { publish, type Bus } from '@gridworks/kit/events';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { AlertBoard, type Alert } from './domain/alert.ts';
import { alertTriggered } from './events.ts';
import type { Exchange } from './exchange.ts';
import { triggerAlerts, type AlertStore, type Reached } from './store/alert.ts';

const RETRY_MS = 1_000;

export class AlertWatch {
  readonly #board = new AlertBoard();
  #reached: Reached[] = [];
  #writing: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;

  constructor(
    private readonly db: Database,
    private readonly exchange: Pick<Exchange, 'onTick' | 'listings'>,
    private readonly alerts: AlertStore,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** What was reached while nobody watched is told by the price that the market stands at now. */
  async start(): Promise<void> {
    this.#unlisten = this.exchange.onTick(({ symbol, price }) => this.#see(symbol, price));
    for (const alert of await this.alerts.active()) this.#board.add(alert);
    for (const { instrument, session } of this.exchange.listings())
      this.#see(instrument.symbol, session.last);
  }

  /** Keeps what was reached so far. */
  async stop(): Promise<void> {
    this.#unlisten?.();
    await this.#writing;
    if (this.#reached.length > 0) await this.#write();
    clearTimeout(this.#retryTimer);
  }

  /** From now on; `last` is the price of this moment, which may have come to it since it was checked. */
  add(alert: Alert, last: bigint): void {
    this.#board.add(alert);
    this.#see(alert.symbol, last);
  }

  remove(id: string): void {
    this.#board.remove(id);
  }

  #see(symbol: string, price: bigint): void {
    const reached = this.#board.take(symbol, price);
    if (reached.length === 0) return;
    const at = new Date(this.clock());
    this.#reached.push(...reached.map(({ id }) => ({ id, price, at })));
    this.#writing ??= this.#write();
  }

  /** Writes until nothing is left; what could not be written is tried again later. */
  async #write(): Promise<void> {
    // Not before the market has gone on: the tick that reached them waits for no database.
    await Promise.resolve();
    while (this.#reached.length > 0) {
      const batch = this.#reached;
      this.#reached = [];
      try {
        await this.db.systemTransaction(async (tx) => {
          await publish(tx, (await triggerAlerts(tx, batch)).map(alertTriggered));
        });
        this.bus.committed();
      } catch (error) {
        this.#reached = [...batch, ...this.#reached];
        this.log.error({ err: error, alerts: batch.length }, 'alerts were not kept and will be tried again');
        this.#retryTimer = setTimeout(() => {
          this.#writing ??= this.#write();
        }, RETRY_MS).unref();
        break;
      }
    }
    this.#writing = undefined;
  }
}
