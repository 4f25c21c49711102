/** Who does not take part, and why: never left unsaid, neither to people nor in the results. */
import { say } from './say.ts';

export class LeftOut {
  readonly list: { readonly name: string; readonly reason: string }[] = [];

  /** What the work gives; when it fails, who it was about is left out, and there is nothing. */
  async attempt<T>(
    { name, label }: { readonly name: string; readonly label: string },
    work: Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.note({ name, label }, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Says it now, and once more in the results, there in one line. */
  note({ name, label }: { readonly name: string; readonly label: string }, reason: string): void {
    say(`  ${label} is left out: ${reason}`);
    this.list.push({ name, reason: reason.split('\n', 1)[0] ?? '' });
  }
}
