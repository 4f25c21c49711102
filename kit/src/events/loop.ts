/** Work that is done over and over while there is some, and again whenever somebody says that there may be. */
import type { Log } from '../telemetry.ts';

const FAULT_PAUSE_MS = 500;

export class Loop {
  #wakes = 0;
  #resume: (() => void) | undefined;
  #running = true;
  readonly #ended: Promise<void>;

  /** `step` does the next piece of work and tells whether there was any; when it throws, it is tried again later. */
  constructor(
    private readonly step: () => Promise<boolean>,
    private readonly log: Log,
    private readonly name: string,
  ) {
    this.#ended = this.#run();
  }

  wake(): void {
    this.#wakes++;
    this.#resume?.();
  }

  /** Resolves when the piece of work at hand is done. */
  async stop(): Promise<void> {
    this.#running = false;
    this.wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      // Looked at before the work: what is said meanwhile is not lost.
      const wakesBefore = this.#wakes;
      try {
        if (await this.step()) continue;
      } catch (error) {
        this.log.error({ error, consumer: this.name }, 'a batch of events failed and will be tried again');
        await new Promise((resolve) => setTimeout(resolve, FAULT_PAUSE_MS));
        continue;
      }
      if (this.#wakes === wakesBefore && this.#running) {
        await new Promise<void>((resolve) => (this.#resume = resolve));
        this.#resume = undefined;
      }
    }
  }
}
