import { describe, expect, it } from 'vitest';
import type { OperationsEvent } from '../operations.ts';
import { createLog, type LoggedFault } from '../telemetry.ts';
import { Reporter } from './reporter.ts';

interface Desk {
  readonly reporter: Reporter;
  readonly handed: OperationsEvent[];
  isAway: boolean;
  nowMs: number;
}

function desk(): Desk {
  const handed: OperationsEvent[] = [];
  const made = { handed, isAway: false, nowMs: Date.UTC(2026, 0, 15) };
  const deliver = async (events: readonly OperationsEvent[]): Promise<void> => {
    if (made.isAway) throw new Error('away');
    handed.push(...events);
  };
  return Object.assign(made, {
    reporter: new Reporter({ service: 'test', clock: () => made.nowMs, deliver }),
  });
}

function facts({ handed }: Desk): unknown[] {
  return handed.splice(0).map(({ topic, payload }) => ({ topic, ...payload }));
}

function faultOf(message: string): LoggedFault {
  return { severity: 'WARNING', service: 'test', part: null, message, kind: null, traceId: null };
}

const HEALTH = { topic: 'services.health.status', service: 'test' };
const DEPLOYMENT = { topic: 'deployments.status', service: 'test', at: '2026-01-15T00:00:00.000Z' };

describe('a process', () => {
  it('tells that it serves, how it is each time that this changes, and that it ends', async () => {
    const at = desk();
    let isThere = true;
    at.reporter.watch('archive', () => isThere);
    at.reporter.watch('database', async () => {
      if (!isThere) throw new Error('refused');
      return true;
    });
    at.reporter.start('type Query { a: Int }');
    await at.reporter.look();
    await at.reporter.flush();
    const [first, ...more] = facts(at);
    expect(first).toMatchObject({
      ...DEPLOYMENT,
      change: 'STARTED',
      schemaHash: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    expect(more).toMatchObject([{ ...HEALTH, status: 'UP', failing: [] }]);

    isThere = false;
    await at.reporter.look();
    await at.reporter.look();
    isThere = true;
    await at.reporter.look();
    at.reporter.reloaded('type Query { b: Int }');
    await at.reporter.stop();
    const told = facts(at);
    expect(told).toMatchObject([
      { ...HEALTH, status: 'DEGRADED', failing: ['archive', 'database'] },
      { ...HEALTH, status: 'UP', failing: [] },
      { ...DEPLOYMENT, change: 'RELOADED' },
      { ...HEALTH, status: 'DOWN' },
      { ...DEPLOYMENT, change: 'STOPPED' },
    ]);
    expect(told).not.toContainEqual(
      expect.objectContaining({ schemaHash: (first as DeploymentFacts).schemaHash }),
    );
  });

  it('tells what it answered, and nothing where that is nothing', async () => {
    const at = desk();
    const meter = at.reporter.meter('gateway');
    at.reporter.meter('idle');
    for (let ms = 1; ms <= 100; ms += 1) meter.record(ms, ms > 98);
    at.reporter.measure();
    at.reporter.measure();
    await at.reporter.flush();
    const [measured, ...more] = facts(at) as Record<string, number>[];
    expect(more).toEqual([]);
    expect(measured).toMatchObject({ service: 'gateway', requests: 100, errors: 2, periodMs: 60_000 });
    // The histogram is exact to three digits.
    const { p50Us = 0, p95Us = 0, p99Us = 0, maxUs = 0 } = measured ?? {};
    expect([p50Us, p95Us, p99Us, maxUs].map((us) => Math.round(us / 1_000))).toEqual([50, 95, 99, 100]);
  });

  it('keeps what it could not hand on, the latest thousand, in order', async () => {
    const at = desk();
    at.isAway = true;
    at.reporter.fault(faultOf('first'));
    await at.reporter.flush();
    for (let count = 1; count < 1_000; count += 1) at.reporter.reloaded(`graph ${count}`);
    await at.reporter.flush();
    at.reporter.reloaded('last');
    at.isAway = false;
    await at.reporter.flush();
    expect(at.handed).toHaveLength(1_000);
    expect(at.handed.every(({ topic }) => topic === 'deployments.status')).toBe(true);
  });

  it('counts what it holds back of a cause, and tells that when the minute is over', async () => {
    const at = desk();
    for (let count = 0; count < 9; count += 1) at.reporter.fault(faultOf('again and again'));
    await at.reporter.flush();
    expect(facts(at)).toHaveLength(5);
    at.nowMs += 60_000;
    await at.reporter.flush();
    expect(facts(at)).toMatchObject([{ topic: 'errors.warning', message: 'again and again', leftOut: 3 }]);
  });
});

interface DeploymentFacts {
  readonly schemaHash: string;
}

describe('the log', () => {
  it('tells of warnings and errors, also where it writes none, and nothing that a user may have written', () => {
    const told: LoggedFault[] = [];
    const log = createLog('gridworks', 'silent', (fault) => told.push(fault));
    const err = Object.assign(new TypeError('Key (email)=(asha@example.com) exists'), { code: '23505' });
    log.info({ err }, 'is served');
    log.child({ subgraph: 'users' }).error({ err, traceId: 'trace-1', userId: 'asha' }, 'a resolver failed');
    log
      .child({ part: 'sagas' })
      .warn({ error: new RangeError('of Asha'), consumer: 'users.wallets' }, 'tried again');
    log.warn('alone');
    expect(told).toEqual([
      {
        severity: 'CRITICAL',
        service: 'users',
        part: null,
        message: 'a resolver failed',
        kind: 'TypeError 23505',
        traceId: 'trace-1',
      },
      {
        severity: 'WARNING',
        service: 'gridworks',
        part: 'users.wallets',
        message: 'tried again',
        kind: 'RangeError',
        traceId: null,
      },
      { ...faultOf('alone'), service: 'gridworks' },
    ]);
  });
});
