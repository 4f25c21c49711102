/**
 * Moments that connections wait for, under one timer for all of them: ten thousand timers would be ten thousand closures.
 * Nothing is due early; it may be late by up to a quarter of a second.
 */
export interface Due {
  due(): void;
}

const STEP_MS = 250;

export class Deadlines {
  readonly #steps = new Map<number, Set<Due>>();
  #timer: NodeJS.Timeout | undefined;
  #reached = 0;

  /** How much is waited for. */
  get size(): number {
    let size = 0;
    for (const each of this.#steps.values()) size += each.size;
    return size;
  }

  /** The result is what `remove` needs. */
  add(due: Due, waitMs: number): number {
    this.#timer ??= this.#start();
    const step = Math.max(this.#reached + 1, Math.ceil((performance.now() + waitMs) / STEP_MS));
    const waiting = this.#steps.get(step);
    if (waiting) waiting.add(due);
    else this.#steps.set(step, new Set([due]));
    return step;
  }

  remove(due: Due, step: number): void {
    const waiting = this.#steps.get(step);
    waiting?.delete(due);
    if (waiting?.size === 0) this.#steps.delete(step);
    if (this.#steps.size === 0) this.close();
  }

  /** Forgets everything. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#steps.clear();
  }

  #start(): NodeJS.Timeout {
    this.#reached = stepNow();
    return setInterval(() => this.#advance(), STEP_MS).unref();
  }

  #advance(): void {
    const now = stepNow();
    while (this.#reached < now) {
      this.#reached += 1;
      const waiting = this.#steps.get(this.#reached);
      this.#steps.delete(this.#reached);
      for (const each of waiting ?? []) each.due();
    }
    if (this.#steps.size === 0) this.close();
  }
}

function stepNow(): number {
  return Math.floor(performance.now() / STEP_MS);
}
