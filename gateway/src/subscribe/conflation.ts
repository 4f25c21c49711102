/**
 * What waits for one slow client of a latest-wins stream: of each subject the newest answer alone, and how many older
 * ones it stands for. A subject keeps its place in the line, so that one that changes often starves no other.
 */
import { Written } from './written.ts';

interface Waiting {
  answer: Written;
  skipped: number;
}

export class Conflation {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  hold(subject: string, answer: Written): void {
    const waiting = this.#waiting.get(subject);
    if (!waiting) {
      this.#waiting.set(subject, { answer, skipped: 0 });
      return;
    }
    waiting.answer = answer;
    waiting.skipped += 1;
  }

  /** The next answer, saying what it stands for; undefined when nothing waits. `at`: [root key, key] of the count. */
  take(at: readonly [string, string] | undefined): Written | undefined {
    for (const [subject, { answer, skipped }] of this.#waiting) {
      this.#waiting.delete(subject);
      return skipped === 0 ? answer : new Written(tellSkipped(answer.text, skipped, at));
    }
    return undefined;
  }
}

interface Told {
  data?: Record<string, Record<string, unknown> | null> | null;
  extensions?: object;
}

/**
 * The answer with `extensions.conflated`, and with the count added to the number at [root key, key] of its data, where
 * the client selected it: the source may have skipped some already.
 */
function tellSkipped(text: string, skipped: number, at: readonly [string, string] | undefined): string {
  const answer = JSON.parse(text) as Told;
  if (at) addTo(answer.data?.[at[0]], at[1], skipped);
  return JSON.stringify({ ...answer, extensions: { ...answer.extensions, conflated: skipped } });
}

function addTo(counts: Record<string, unknown> | null | undefined, key: string, skipped: number): void {
  const before = counts?.[key];
  if (counts && typeof before === 'number') counts[key] = before + skipped;
}
