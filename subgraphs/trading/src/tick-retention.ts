/** Removes ticks whose time is over from the archive, a day of them at a time. */
import { keptOf, type RetentionSettings } from '@gridworks/kit/retention';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import type { TickKeeper } from './tick-keeper.ts';

const INTERVAL_MS = 3_600_000;

export class TickRetention {
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(
    private readonly ticks: Pick<TickKeeper, 'upToDate'>,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly settings: RetentionSettings,
  ) {}

  /** Looks every hour. */
  start(): void {
    this.#isStopping = false;
    const look = (): void => {
      this.#turn = this.#turn.then(() =>
        this.forget().catch((error: unknown) =>
          this.log.warn({ err: error }, 'old ticks were not removed and will be tried again'),
        ),
      );
    };
    this.#timer = setInterval(look, INTERVAL_MS).unref();
  }

  /** Finishes the removal at hand. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    await this.#turn;
  }

  /** Removes all that is too old now. */
  async forget(): Promise<void> {
    const archive = await this.ticks.upToDate();
    const beforeMs = keptOf('TICKS', this.clock(), this.settings).getTime();
    while (!this.#isStopping && (await archive.forgetDay(beforeMs))) continue;
  }
}
