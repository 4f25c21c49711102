/**
 * Tells operators of this process. What there is to tell gathers in memory and is handed on once a second, so that nobody
 * waits for it. While it cannot be handed on it waits, up to a number; a crash takes the last second along, and the log has
 * that.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { ServiceFacts, Topics } from '@gridworks/schema/events';
import { version } from '../config.ts';
import type { OperationsEvent } from '../operations.ts';
import type { LoggedFault } from '../telemetry.ts';
import type { Clock } from '../time.ts';
import { FaultTally } from './fault-tally.ts';
import { Meter } from './meter.ts';

const FLUSH_MS = 1_000;
/** Short against what a process takes to be started again, so that nobody is missed who was away. */
const LOOK_MS = 2_000;
const PERIOD_MS = 60_000;
/** A part that does not answer for so long does not work. */
const CHECK_MS_MAX = 1_000;
/** A process that stops must end. */
const STOP_MS_MAX = 800;
const WAITING_MAX = 1_000;
const HASH_DIGITS = 16;

type Check = () => boolean | Promise<boolean>;

export interface ReporterOptions {
  /** What the process is called. */
  readonly service: string;
  readonly clock: Clock;
  /** Hands them on, all or none; when it throws, the same are handed on again later. */
  readonly deliver: (events: readonly OperationsEvent[]) => Promise<void>;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #instance = `${hostname()}:${process.pid}`;
  readonly #checks = new Map<string, Check>();
  readonly #meters = new Map<string, Meter>();
  readonly #tally = new FaultTally<LoggedFault>();
  #waiting: OperationsEvent[] = [];
  #schemaHash = '';
  /** The parts that failed at the last look; undefined before the first. */
  #failing: readonly string[] | undefined;
  #timers: NodeJS.Timeout[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Has the service count as degraded while the part does not work; a check that throws tells as much. */
  watch(part: string, check: Check): void {
    this.#checks.set(part, check);
  }

  /** Where the requests to a service of this process are counted. */
  meter(service: string): Meter {
    const meter = this.#meters.get(service) ?? new Meter();
    this.#meters.set(service, meter);
    return meter;
  }

  /** From the log, where all faults of a process come together. */
  fault(fault: LoggedFault): void {
    const tallied = this.#tally.take(fingerprintOf(fault), fault, this.#options.clock());
    if (tallied) this.#tellFault(tallied.fault, tallied.leftOut);
  }

  /** The process serves, with this schema. */
  start(schema: string): void {
    this.#schemaHash = hashOf(schema);
    this.#tellDeployment('STARTED');
    void this.look();
    this.#timers = [
      setInterval(() => void this.flush(), FLUSH_MS),
      setInterval(() => void this.look(), LOOK_MS),
      setInterval(() => this.measure(), PERIOD_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Another schema is in force. */
  reloaded(schema: string): void {
    this.#schemaHash = hashOf(schema);
    this.#tellDeployment('RELOADED');
  }

  /** Hands on what there is, and gives up after a moment. One that never started tells nothing. */
  async stop(): Promise<void> {
    if (this.#timers.length === 0) return;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    await this.#turn;
    this.measure();
    this.#tellHealth('DOWN', []);
    this.#tellDeployment('STOPPED');
    await within(STOP_MS_MAX, this.flush());
  }

  /** Tells how the service is where that is not what was told last. */
  look(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      const looks = [...this.#checks].map(async ([part, check]) => ((await isWell(check)) ? [] : [part]));
      const failing = (await Promise.all(looks)).flat();
      if (failing.join() === this.#failing?.join()) return;
      this.#failing = failing;
      this.#tellHealth(failing.length === 0 ? 'UP' : 'DEGRADED', failing);
    });
    return this.#turn;
  }

  /** Tells what was counted since the last time. */
  measure(): void {
    for (const [service, meter] of this.#meters) {
      const measured = meter.take();
      if (!measured) continue;
      const payload = { ...this.#facts(service), periodMs: PERIOD_MS, ...measured };
      this.#tell({ topic: 'services.performance.metrics', key: service, tenantId: null, payload });
    }
  }

  /** Hands on what waits. Never rejects. */
  async flush(): Promise<void> {
    for (const { fault, leftOut } of this.#tally.ended(this.#options.clock()))
      this.#tellFault(fault, leftOut);
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    try {
      await this.#options.deliver(events);
    } catch {
      // To log it would be to tell of it again. Whoever cannot be reached has a service of its own that says so.
      this.#waiting = [...events, ...this.#waiting].slice(-WAITING_MAX);
    }
  }

  #facts(service = this.#options.service): ServiceFacts {
    return { service, instance: this.#instance, at: new Date(this.#options.clock()).toISOString() };
  }

  #tell(event: OperationsEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  #tellHealth(status: Topics['services.health.status']['status'], failing: readonly string[]): void {
    const facts = this.#facts();
    const payload = { ...facts, status, failing };
    this.#tell({ topic: 'services.health.status', key: facts.service, tenantId: null, payload });
  }

  #tellDeployment(change: Topics['deployments.status']['change']): void {
    const facts = this.#facts();
    const payload = { ...facts, change, version, schemaHash: this.#schemaHash };
    this.#tell({ topic: 'deployments.status', key: facts.service, tenantId: null, payload });
  }

  #tellFault(fault: LoggedFault, leftOut: number): void {
    const { severity, service, message, kind, part, traceId } = fault;
    const fingerprint = fingerprintOf(fault);
    const payload = { ...this.#facts(service), fingerprint, message, kind, part, traceId, leftOut };
    const topic = severity === 'CRITICAL' ? 'errors.critical' : 'errors.warning';
    this.#tell({ topic, key: fingerprint, tenantId: null, payload });
  }
}

function fingerprintOf({ severity, service, message, kind, part }: LoggedFault): string {
  return hashOf([severity, service, message, kind, part].join('\n'));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}

async function isWell(check: Check): Promise<boolean> {
  try {
    return (await within(CHECK_MS_MAX, Promise.resolve(check()))) ?? false;
  } catch {
    return false;
  }
}

/** Undefined when it takes longer. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const given = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, limitMs, undefined)));
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
  }
}
