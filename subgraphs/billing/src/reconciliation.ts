/**
 * The ledger against trading's risk state and the positions, now and then, while all of them move on. Where they do not
 * meet, money or shares came out of nothing or went there: that is logged as an error and told once for the auditors.
 */
import { BALANCES, nameOf, standingViolations, type Violation } from '@gridworks/kit/conservation';
import type { Database } from '@gridworks/kit/db';
import { publish, type Bus, type NewEvent } from '@gridworks/kit/events';
import type { Log } from '@gridworks/kit/telemetry';

/** A look reads every balance once: a good second of the database for a hundred thousand users with three positions each. */
const INTERVAL_MS = 60_000;

export class Reconciliation {
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** What was told and still stands. */
  #told = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly log: Log,
    private readonly lookGapMs?: number,
  ) {}

  start(): void {
    const look = (): void => {
      this.#turn = this.#turn.then(() =>
        this.check().catch((error: unknown) =>
          this.log.error({ err: error }, 'the books were not compared and will be later'),
        ),
      );
    };
    this.#timer = setInterval(look, INTERVAL_MS).unref();
  }

  /** Finishes the look at hand. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  /** Compares the books, and tells of what was not told before; returns what stands. */
  async check(): Promise<readonly Violation[]> {
    const standing = await standingViolations(this.db.system, BALANCES, this.lookGapMs);
    const found = standing.filter((each) => !this.#told.has(nameOf(each)));
    if (found.length > 0) {
      await this.db.systemTransaction((tx) => publish(tx, found.map(violatedEvent)));
      this.bus.committed();
    }
    for (const { violation, subject, expected, actual } of found) {
      const facts = { subject, expected: expected.toString(), actual: actual.toString() };
      this.log.error(facts, violation);
    }
    this.#told = new Set(standing.map(nameOf));
    return standing;
  }
}

function violatedEvent({ violation, subject, expected, actual }: Violation): NewEvent {
  const payload = {
    kind: 'CONSERVATION_VIOLATED',
    violation,
    subject,
    expected: expected.toString(),
    actual: actual.toString(),
  } as const;
  return { topic: 'audit.compliance.checks', key: subject, tenantId: null, payload };
}
