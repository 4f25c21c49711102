/** What a soak counts, and what it holds against the product. */

/** What was expected of an answer that failed depends on when it was asked for: a process may just have been killed. */
interface Outage {
  readonly fromMs: number;
  toMs: number;
}

const FAULTS_KEPT = 20;
/** The code by which the door says that a subgraph is away; the only one that a killed process excuses. */
const AWAY = 'SUBGRAPH_UNAVAILABLE';

export class Tally {
  readonly counts: Record<string, number> = {};
  /** The first things that must not happen, in words. */
  readonly faults: string[] = [];
  faultCount = 0;
  readonly #outages: Outage[] = [];

  count(name: string, more = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + more;
  }

  fault(what: string): void {
    this.faultCount += 1;
    if (this.faults.length < FAULTS_KEPT) this.faults.push(what.slice(0, 500));
  }

  /** A request that was sent at `beganAtMs` failed just now. */
  failed(what: string, error: unknown, beganAtMs: number): void {
    const text = error instanceof Error ? messagesOf(error) : JSON.stringify(error);
    const codes = [...text.matchAll(/"code":"([A-Z_]+)"/g)].map(([, code]) => code);
    const isAway = codes.length > 0 && codes.every((code) => code === AWAY);
    if (isAway && this.#isExcused(beganAtMs)) this.count('answersWithoutSubgraph');
    else this.fault(`${what}: ${text}`);
  }

  /** A process is killed now; the result says that everything is there again. */
  outage(): () => void {
    const outage = { fromMs: Date.now(), toMs: Infinity };
    this.#outages.push(outage);
    return () => (outage.toMs = Date.now());
  }

  #isExcused(beganAtMs: number): boolean {
    return this.#outages.some(({ toMs }) => beganAtMs <= toMs);
  }
}

/** `fetch` says why only in its cause. */
function messagesOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${messagesOf(cause)}` : message;
}
