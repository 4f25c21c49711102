/** Sagas on a real database: whatever fails or is killed, each ends done whole or taken back whole. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from './db.ts';
import { newId } from './id.ts';
import { refuse } from './refusal.ts';
import { Waiting, type Saga, type SagaDefinition, type SagaStep } from './saga.ts';
import { SagaRunner } from './saga/runner.ts';
import { sagaPage } from './saga/store.ts';
import { createLog } from './telemetry.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

const USER = newId();
const TENANT = newId();
const HOUR_MS = 3_600_000;
const STEPS = 3;

/** What becomes of one attempt at a step: its effect comes about or not, and its runner hears of it or not. */
const FATES = ['DONE', 'FAILED_BEFORE', 'FAILED_AFTER', 'KILLED_BEFORE', 'KILLED_AFTER'] as const;
type Fate = (typeof FATES)[number];

let database: TestDatabase;
let db: Database;
let nowMs: number;
/** Called when a runner is killed: it does not go on, and keeps nothing. */
let onKill = (): void => undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  db = new Database(database.url);
  nowMs = 1_000_000;
});
afterEach(async () => {
  await db.close();
  await database.drop();
});

interface Errand {
  readonly refusedAt: number | null;
  readonly done: readonly bigint[];
}

/** Each step puts a row where there is none of its name, and takes it away; both as often as anybody likes. */
function errands(fates: Fate[]): SagaDefinition<Errand> {
  const meet = async (effect: () => Promise<unknown>): Promise<void> => {
    const fate = fates.shift() ?? 'DONE';
    if (fate === 'FAILED_BEFORE') throw new Error('no answer');
    if (fate !== 'KILLED_BEFORE') await effect();
    if (fate === 'FAILED_AFTER') throw new Error('the answer was lost');
    if (fate === 'DONE') return;
    onKill();
    await new Promise(() => undefined);
  };
  const step = (index: number): SagaStep<Errand> => ({
    async do(state, { key }) {
      if (state.refusedAt === index) return refuse('NO', 'No.');
      await meet(() =>
        db.system.query(
          `INSERT INTO users.tenant (id, slug, name) VALUES ($1, $2, 'done') ON CONFLICT (slug) DO NOTHING`,
          [newId(), key],
        ),
      );
      return { ...state, done: [...state.done, BigInt(index)] };
    },
    async undo(state, { key }) {
      await meet(() => db.system.query(`DELETE FROM users.tenant WHERE slug = $1`, [key]));
      return { ...state, done: state.done.filter((each) => each !== BigInt(index)) };
    },
  });
  return {
    kind: 'errand',
    timeoutMs: HOUR_MS,
    steps: () => Array.from({ length: STEPS }, (_, index) => step(index)),
    refused: (state) => state,
  };
}

function runner(definition: SagaDefinition<Errand>): SagaRunner {
  const made = new SagaRunner(
    db,
    { onWake: () => () => undefined, committed: () => undefined },
    () => nowMs,
    createLog('test', 'silent'),
  );
  made.on(definition);
  return made;
}

async function effects(): Promise<string[]> {
  const { rows } = await db.system.query<{ slug: string }>(`SELECT slug FROM users.tenant ORDER BY slug`);
  return rows.map(({ slug }) => slug);
}

function begin(
  of: SagaRunner,
  definition: SagaDefinition<Errand>,
  refusedAt: number | null,
): Promise<Saga<Errand>> {
  return of.begin(definition, { userId: USER, tenantId: TENANT, key: newId() }, { refusedAt, done: [] });
}

async function current({ id }: Saga): Promise<Saga<Errand>> {
  const found = (await sagaPage(db.system, undefined, 100, undefined)).find((each) => each.id === id);
  return found as Saga<Errand>;
}

it('does every step once and in order, or takes back what it did', async () => {
  const definition = errands([]);
  const only = runner(definition);
  const saga = await begin(only, definition, null);
  while (await only.next());
  expect(await current(saga)).toMatchObject({
    status: 'COMPLETED',
    state: { done: [0n, 1n, 2n] },
    attempts: 0,
  });
  expect(await effects()).toEqual([0, 1, 2].map((step) => `${saga.id}:${step}`));

  const refused = await begin(only, definition, 2);
  while (await only.next());
  expect(await current(refused)).toMatchObject({ status: 'COMPENSATED', reason: 'NO', state: { done: [] } });
  expect(await effects()).toHaveLength(3);
});

it('is begun once under a key', async () => {
  const definition = errands([]);
  const only = runner(definition);
  const owner = { userId: USER, tenantId: TENANT, key: 'mine' };
  const all = await Promise.all(
    [1, 2, 3].map(() => only.begin(definition, owner, { refusedAt: null, done: [] })),
  );
  expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  const other = await only.begin(definition, { ...owner, userId: newId() }, { refusedAt: null, done: [] });
  expect(other.id).not.toBe(all[0]?.id);
});

it('is the only one of an exclusive kind, until it has ended', async () => {
  const definition = { ...errands([]), isExclusive: true };
  const only = runner(definition);
  const owner = { userId: USER, tenantId: TENANT };
  const attempt = (key: string): Promise<Saga<Errand> | undefined> =>
    only.tryBegin(definition, { ...owner, key }, { refusedAt: null, done: [] });
  const first = await attempt('first');
  expect((await attempt('first'))?.id).toBe(first?.id);
  expect(await attempt('second')).toBeUndefined();
  while (await only.next());
  expect(await attempt('second')).toMatchObject({ key: 'second', status: 'RUNNING' });
});

it('waits as long as a step says, which is no failure, and tells of its end once', async () => {
  const whole = errands([]);
  let isThere = false;
  const definition: SagaDefinition<Errand> = {
    ...whole,
    steps: (state) =>
      whole.steps(state).map((step, index) => ({
        ...step,
        do: async (at, of) =>
          index === 1 && !isThere ? new Waiting({ ...at, done: [7n] }, 1_000) : step.do(at, of),
      })),
    ended: ({ userId, tenantId, state }) => [
      {
        topic: 'users.authenticated',
        key: state.done.join(),
        tenantId,
        payload: { userId },
      },
    ],
  };
  const only = runner(definition);
  const saga = await begin(only, definition, null);
  while (await only.next());
  expect(await current(saga)).toMatchObject({ status: 'RUNNING', step: 1, attempts: 0, error: null });
  isThere = true;
  expect(await only.next()).toBe(false);
  const told = async (): Promise<unknown[]> =>
    (await db.system.query<{ key: string }>(`SELECT key FROM events.log`)).rows;
  expect(await told()).toEqual([]);
  nowMs += 1_000;
  while (await only.next());
  expect(await current(saga)).toMatchObject({ status: 'COMPLETED' });
  expect(await told()).toEqual([{ key: '7,1,2' }]);
});

it('is taken back when its time is over, the step at hand too', async () => {
  const fates: Fate[] = ['DONE', 'FAILED_AFTER'];
  const definition = errands(fates);
  const only = runner(definition);
  const saga = await begin(only, definition, null);
  while (await only.next());
  expect(await effects()).toHaveLength(2);
  expect(await current(saga)).toMatchObject({
    status: 'RUNNING',
    step: 1,
    attempts: 1,
    error: 'Error: the answer was lost',
  });
  nowMs += 2 * HOUR_MS;
  while (await only.next());
  expect(await current(saga)).toMatchObject({ status: 'COMPENSATED', reason: 'TIMED_OUT' });
  expect(await effects()).toEqual([]);
});

it("is nobody else's while it is taken up, and not lost to who was slow", async () => {
  const definition = errands([]);
  const first = runner(definition);
  await begin(first, definition, null);
  let goOn = (): void => undefined;
  const slow: SagaDefinition<Errand> = {
    ...definition,
    steps: (state) =>
      definition.steps(state).map((step) => ({
        ...step,
        do: async (...given) => {
          await new Promise<void>((resolve) => (goOn = resolve));
          return step.do(...given);
        },
      })),
  };
  const sleeper = runner(slow);
  const sleeping = sleeper.next();
  await expect.poll(async () => (await sagaPage(db.system, 'RUNNING', 1, undefined))[0]?.attempts).toBe(1);
  expect(await first.next()).toBe(false);
  nowMs += HOUR_MS / 2;
  expect(await first.next()).toBe(true);
  expect(await first.next()).toBe(true);
  goOn();
  await sleeping;
  expect((await sagaPage(db.system, 'RUNNING', 1, undefined))[0]).toMatchObject({
    step: 2,
    state: { done: [0n, 1n] },
  });
});

it('ends done whole or taken back whole, whatever fails and whoever is killed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...FATES), { maxLength: 12 }),
      fc.option(fc.integer({ min: 0, max: STEPS - 1 })),
      async (fates, refusedAt) => {
        const definition = errands([...fates]);
        let running = runner(definition);
        const saga = await begin(running, definition, refusedAt);
        for (let round = 0; (await current(saga)).endedAt === null; round += 1) {
          expect(round).toBeLessThan(100);
          // Another process takes over when nobody has heard of the killed one for long enough.
          nowMs += 61_000;
          const killed = new Promise<void>((resolve) => (onKill = resolve));
          await Promise.race([running.next(), killed.then(() => (running = runner(definition)))]);
        }
        const isDone = (await current(saga)).status === 'COMPLETED';
        const own = (await effects()).filter((slug) => slug.startsWith(saga.id));
        expect(own).toEqual(isDone ? [0, 1, 2].map((step) => `${saga.id}:${step}`) : []);
        if (refusedAt !== null) expect(isDone).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});
