/** Work that nobody waits for and that is done now and then, beside everything else: something old goes. */
import type { Log } from './telemetry.ts';

const INTERVAL_MS = 3_600_000;

export abstract class Housekeeping {
  /** While it is, `forget` ends after the piece at hand. */
  protected isStopping = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly log: Log,
    /** What goes, in the plural. */
    private readonly what: string,
  ) {}

  /** Removes all that is too old now, in pieces that are over in milliseconds. Twice at once does no harm. */
  abstract forget(): Promise<unknown>;

  /** Looks every hour from then on; for the first time at once, or after the first one. */
  start(first: 'NOW' | 'LATER' = 'NOW'): void {
    this.isStopping = false;
    const look = (): void => {
      this.#turn = this.#turn.then(() =>
        this.forget().catch((error: unknown) =>
          this.log.error(
            { err: error, what: this.what },
            'what is old was not removed and will be tried again',
          ),
        ),
      );
    };
    this.#timer = setInterval(look, INTERVAL_MS).unref();
    if (first === 'NOW') look();
  }

  /** Finishes the piece at hand. */
  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.#timer);
    await this.#turn;
  }
}
