/** What the exchange keeps, and what it makes of it after a restart, a failure, or on a database older than its journal. */
import type { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { createTestDatabase, openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import type { UserCaller } from '@gridworks/kit/caller';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashOfOms } from './domain/oms/state.ts';
import { JournaledOms } from './journal.ts';
import { recallOms } from './recall.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status } refusal { code } } }`;
const CANCEL = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id } refusal { code } } }`;
const TENANT = newId();
const SYMBOL = 'SHARE';

interface Answer {
  readonly order: { readonly id: string; readonly status: string } | null;
  readonly refusal: { readonly code: string } | null;
}

let trading: TestSubgraph;
let named = 0;

beforeEach(async () => {
  trading = await openTestSubgraph(createTrading);
  await list(trading.db);
});
afterEach(() => trading.close());

async function list(db: Database): Promise<void> {
  await registerInstruments(db.system, [
    {
      symbol: SYMBOL,
      name: 'Share Limited',
      exchange: 'NSE',
      kind: 'EQUITY',
      isin: null,
      currency: 'INR',
      sector: null,
      tickSize: 5n,
      lotSize: 1n,
      referencePrice: 100_00n,
    },
  ]);
}

/** Somebody with 10,000 rupees and shares to sell. */
async function somebody(shares = 0, on = trading): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  const { userId } = caller;
  if (shares > 0) await giveShares(on.db, caller, { symbol: SYMBOL, quantity: shares });
  const payload = { userId, amount: '1000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(on.db.system, [{ topic: 'wallets.credited', key: userId, tenantId: TENANT, payload }]);
  await on.platform.bus.settled();
  return caller;
}

function wish(more: object = {}): Record<string, unknown> {
  named += 1;
  const base = { clientOrderId: `c-${named}`, symbol: SYMBOL, side: 'BUY', type: 'LIMIT', product: 'CNC' };
  return { ...base, quantity: 10, limitPrice: '100.00', ...more };
}

async function place(caller: UserCaller, input: object, on = trading): Promise<Answer> {
  return (await on.data<{ placeOrder: Answer }>(PLACE, { input }, caller)).placeOrder;
}

async function placed(caller: UserCaller, more: object = {}, on = trading): Promise<string> {
  const { order, refusal } = await place(caller, wish(more), on);
  if (!order) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return order.id;
}

async function count(table: string, on = trading): Promise<number> {
  await on.platform.bus.settled([]);
  const { rows } = await on.db.system.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM trading.${table}`,
  );
  return Number(rows[0]?.count);
}

async function hash(upTo?: number, isWhole?: boolean): Promise<string> {
  const recalled = await recallOms(trading.db.system, upTo, isWhole);
  if (!recalled) throw new Error('nothing is kept');
  return hashOfOms(recalled.oms.state());
}

/** What the tables say of everybody, in the words of the exchange's state. */
async function tables(on = trading): Promise<unknown> {
  await on.platform.bus.settled([]);
  const { rows } = await on.db.system.query(
    `SELECT (SELECT coalesce(json_agg(a ORDER BY user_id), '[]') FROM (SELECT user_id, buying_power FROM trading.account) a) AS accounts,
            (SELECT coalesce(json_agg(i ORDER BY user_id), '[]') FROM (SELECT user_id, quantity, held FROM trading.inventory) i) AS stock,
            (SELECT coalesce(json_agg(o ORDER BY id), '[]') FROM (SELECT id, filled_quantity FROM trading."order"
               WHERE status IN ('OPEN', 'PARTIALLY_FILLED')) o) AS orders`,
  );
  return rows[0];
}

async function state(upTo?: number): Promise<unknown> {
  const recalled = await recallOms(trading.db.system, upTo);
  const { accounts = [], orders = [] } = recalled?.oms.state() ?? {};
  const by =
    <T>(key: (each: T) => string) =>
    (a: T, b: T): number =>
      key(a) < key(b) ? -1 : 1;
  return {
    accounts: accounts
      .map(({ userId: user_id, buyingPower: buying_power }) => ({ user_id, buying_power }))
      .sort(by(({ user_id }) => user_id)),
    stock: accounts
      .flatMap(({ userId: user_id, stock }) =>
        stock.map(([, , quantity, held]) => ({ user_id, quantity, held })),
      )
      .sort(by(({ user_id }) => user_id)),
    orders: orders
      .map(([, { id, filledQuantity: filled_quantity }]) => ({ id, filled_quantity }))
      .sort(by(({ id }) => id)),
  };
}

describe('the journal', () => {
  it('makes the state of the tables, from the first command on, from a snapshot, and as it was at any time', async () => {
    const [asha, gopal] = [await somebody(), await somebody(1_000)];
    const states = new Map<number, unknown>();
    const open: { caller: UserCaller; id: string }[] = [];
    for (let i = 0; i < 20; i++) {
      const caller = i % 3 === 0 ? gopal : asha;
      const side = caller === gopal ? 'SELL' : 'BUY';
      const id = await placed(caller, { side, quantity: 1 + (i % 7), limitPrice: `${99 + (i % 3)}.00` });
      open.push({ caller, id });
      const chosen = i % 5 === 4 ? open.shift() : undefined;
      if (chosen) await trading.data(CANCEL, { input: { orderId: chosen.id } }, chosen.caller);
      states.set(await count('journal'), await tables());
    }
    expect(await hash()).toBe(await hash(undefined, true));
    expect(states.size).toBe(20);
    for (const [sequence, expected] of states) expect(await state(sequence)).toEqual(expected);

    // A restart goes on from there, and what it adds is in the same journal.
    const before = await hash();
    await trading.subgraph.stop();
    await trading.subgraph.start();
    expect(await hash()).toBe(before);
    await placed(asha, { limitPrice: '90.00' });
    expect(await state()).toEqual(await tables());
    expect(await hash()).toBe(await hash(undefined, true));
  });

  it('notices a command that does not come to what it came to', async () => {
    const asha = await somebody();
    await placed(asha);
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    try {
      await owner.query(
        `UPDATE trading.journal SET command = jsonb_set(command::jsonb, '{quantity}', '9')::json WHERE command->>'kind' = 'place'`,
      );
    } finally {
      await owner.end();
    }
    await expect(hash()).rejects.toThrow(/does not come to what it came to/);
  });

  it("is the exchange's own: no caller reads it, and nobody rewrites it", async () => {
    const { db } = trading;
    for (const table of ['journal', 'journal_snapshot'])
      await expect(db.tenant.query(`SELECT 1 FROM trading.${table}`)).rejects.toThrow(/permission denied/);
    for (const write of ['DELETE FROM trading.journal', 'UPDATE trading.journal SET digest = digest'])
      await expect(db.system.query(write)).rejects.toThrow(/permission denied/);
  });

  it('writes what comes together by few transactions, and answers each', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => somebody()));
    const ids = await Promise.all(
      people.flatMap((caller) => [1, 2, 3, 4, 5].map(() => placed(caller, { quantity: 1 }))),
    );
    expect(new Set(ids).size).toBe(100);
    const { rows } = await trading.db.system.query<{ transactions: bigint }>(
      `SELECT count(DISTINCT xid) AS transactions FROM events.log WHERE topic = 'orders.created'`,
    );
    expect(Number(rows[0]?.transactions)).toBeLessThan(50);
    expect(await state()).toEqual(await tables());
  });
});

describe('snapshots', () => {
  it('are made beside the commands; the first stays, and the latest two', async () => {
    const { db, platform } = trading;
    const kept = new JournaledOms(db, platform.bus, Date.now, platform.log, 10, () => undefined, 5);
    await kept.start();
    const owner = { userId: newId(), tenantId: TENANT };
    await kept.ready(owner);
    for (let amount = 1; amount <= 40; amount++) {
      const credits = [{ eventId: newId(), userId: owner.userId, amount }];
      await kept.execute({ kind: 'credit', at: amount, credits }).committed;
    }
    const snapshots = async (): Promise<number[]> => {
      const { rows } = await db.system.query<{ sequence: bigint }>(
        `SELECT sequence FROM trading.journal_snapshot ORDER BY sequence`,
      );
      return rows.map(({ sequence }) => Number(sequence));
    };
    // They are written after the commands they contain, and not waited for.
    while (((await snapshots()).at(-1) ?? 0) < 36) await new Promise((resolve) => setImmediate(resolve));
    const [first, before, last, ...more] = await snapshots();
    expect([first, more]).toEqual([0, []]);
    expect((last ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(5);
    expect((await recallOms(db.system))?.snapshotSequence).toBe(last);
    expect(await hash()).toBe(await hash(undefined, true));
    expect(await state()).toMatchObject({ accounts: [{ user_id: owner.userId, buying_power: 820 }] });
  });
});

describe('cash', () => {
  it('is credited once for each event, also when it is told again after a restart', async () => {
    const asha = await somebody();
    await trading.db.system.query(
      `UPDATE events.consumer SET xid = '0', pos = 0 WHERE name = 'trading.accounts'`,
    );
    await trading.platform.bus.settled();
    await trading.subgraph.stop();
    await trading.subgraph.start();
    await trading.db.system.query(
      `UPDATE events.consumer SET xid = '0', pos = 0 WHERE name = 'trading.accounts'`,
    );
    await trading.platform.bus.settled();
    expect(await tables()).toMatchObject({ accounts: [{ user_id: asha.userId, buying_power: 1_000_000 }] });
    expect(await state()).toMatchObject({ accounts: [{ buying_power: 1_000_000 }] });
  });
});

describe('a database from before the journal', () => {
  it('is taken over: who waits keeps waiting in their order, and nobody gains or loses', async () => {
    const [asha, bharat, gopal] = [await somebody(), await somebody(), await somebody(100)];
    const first = await placed(asha);
    await placed(bharat);
    await placed(gopal, { side: 'SELL', quantity: 4 });
    await placed(gopal, { side: 'SELL', quantity: 20, limitPrice: '101.00' });
    const before = await tables();
    await trading.subgraph.stop();
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    await owner.query(`TRUNCATE trading.journal, trading.journal_snapshot`);
    await owner.query(`UPDATE trading.journal_projection SET sequence = 0`);
    await owner.end();
    await trading.subgraph.start();

    expect(await state()).toEqual(before);
    const sold = await place(gopal, wish({ side: 'SELL', quantity: 6 }));
    expect(sold.order?.status).toBe('FILLED');
    const { order } = await trading.data<{ order: { status: string } }>(
      `query ($id: ID!) { order(id: $id) { status } }`,
      { id: first },
      asha,
    );
    expect(order.status).toBe('FILLED');
    expect(await state()).toEqual(await tables());
  });
});

/** Between the exchange and its database: lets everything through, until a commit's answer gets lost on its way back. */
class Line {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  /** The name of a statement whose commit is to be cut; one that is alone commits by itself. */
  cutting: { readonly statement: string; readonly isAlone: boolean } | undefined;
  cuts = 0;

  async open(url: string): Promise<string> {
    const target = new URL(url);
    const port = Number(target.port);
    this.#server = createServer((client) => {
      const database = connect(port, target.hostname);
      this.#sockets.add(client).add(database);
      for (const socket of [client, database]) socket.on('error', () => undefined);
      client.on('close', () => database.destroy());
      // Others commit as well, over the same connections; it is the commit of this statement that is to be cut.
      let isAsked = false;
      client.on('data', (bytes) => {
        isAsked ||= this.cutting !== undefined && bytes.includes(this.cutting.statement);
        const isCut = isAsked && (this.cutting?.isAlone === true || bytes.includes('COMMIT'));
        database.write(bytes);
        if (!isCut) return;
        this.cutting = undefined;
        this.cuts += 1;
        // The database has committed when it answers; that answer goes nowhere.
        database.unpipe(client);
        database.once('data', () => client.destroy());
        database.resume();
      });
      database.pipe(client);
    }).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    target.port = String((this.#server.address() as AddressInfo).port);
    return target.href;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }
}

describe('when it is unknown whether a commit took place', () => {
  it('the journal tells: the caller asks again and gets the order that was made', async () => {
    const database = await createTestDatabase();
    const line = new Line();
    const behind = await openTestSubgraph(createTrading, {}, await line.open(database.url));
    try {
      await list(behind.db);
      const asha = await somebody(0, behind);
      const input = wish();
      line.cutting = { statement: 'trading.appendJournal', isAlone: true };
      const { errors } = await behind.ask(PLACE, { input }, asha);
      expect(errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
      expect(line.cuts).toBe(1);
      const { order } = await place(asha, input, behind);
      expect(order?.status).toBe('OPEN');
      await behind.platform.bus.settled([]);
      const { rows } = await behind.db.system.query(`SELECT client_order_id FROM trading."order"`);
      expect(rows).toEqual([{ client_order_id: input['clientOrderId'] }]);
      expect((await place(asha, wish(), behind)).refusal).toBeNull();
    } finally {
      await behind.close();
      line.close();
      await database.drop();
    }
  });
});

describe('when the tables cannot follow the journal', () => {
  const OWN = `query ($id: ID!) { order(id: $id) { status } }`;

  it('orders are taken all the same, who reads is told of a fault, and what was missed is made up for', async () => {
    const asha = await somebody();
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    await owner.query(
      `CREATE FUNCTION trading.stall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
    );
    await owner.query(
      `CREATE TRIGGER stall BEFORE INSERT ON trading."order" EXECUTE FUNCTION trading.stall()`,
    );
    const ids = [await placed(asha), await placed(asha)];
    const { errors } = await trading.ask(OWN, { id: ids[0] }, asha);
    expect(errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
    await owner.query(`DROP TRIGGER stall ON trading."order"`);
    await owner.end();
    await vi.waitFor(async () => {
      for (const id of ids)
        expect(await trading.data(OWN, { id }, asha)).toEqual({ order: { status: 'OPEN' } });
    }, 10_000);
    expect(await state()).toEqual(await tables());
  });

  it('and it is unknown whether they did, nothing is written twice', async () => {
    const database = await createTestDatabase();
    const line = new Line();
    const behind = await openTestSubgraph(createTrading, {}, await line.open(database.url));
    try {
      await list(behind.db);
      const asha = await somebody(0, behind);
      await behind.platform.bus.settled();
      line.cutting = { statement: 'trading.keepBatch', isAlone: false };
      await placed(asha, {}, behind);
      await vi.waitFor(() => behind.platform.bus.settled([]), 10_000);
      expect(line.cuts).toBe(1);
      await placed(asha, {}, behind);
      await behind.platform.bus.settled([]);
      const { rows } = await behind.db.system.query(
        `SELECT (SELECT count(*)::int FROM trading.order_event) AS steps,
                (SELECT count(*)::int FROM events.log WHERE topic = 'orders.created') AS told`,
      );
      expect(rows).toEqual([{ steps: 2, told: 2 }]);
    } finally {
      await behind.close();
      line.close();
      await database.drop();
    }
  });
});

describe('when a commit fails', () => {
  it('everything that was decided and not answered is given up, and its names are free again', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => somebody()));
    const wishes = people.map(() => wish());
    const before = await tables();
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    await owner.query(
      `CREATE FUNCTION trading.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
    );
    await owner.query(`CREATE TRIGGER fail BEFORE INSERT ON trading.journal EXECUTE FUNCTION trading.fail()`);
    const answers = await Promise.all(
      people.map((caller, i) => trading.ask(PLACE, { input: wishes[i] }, caller)),
    );
    expect(answers.map(({ errors }) => errors?.[0]?.extensions['code'])).toEqual(
      people.map(() => 'INTERNAL_SERVER_ERROR'),
    );
    await owner.query(`DROP TRIGGER fail ON trading.journal`);
    await owner.end();
    expect(await tables()).toEqual(before);
    for (const [i, caller] of people.entries())
      expect((await place(caller, wishes[i] ?? {})).order?.status).toBe('OPEN');
    expect(await count('"order"')).toBe(10);
    expect(await state()).toEqual(await tables());
  });
});

describe('the order rate', () => {
  it("is what the configuration says, each user's own, and cancellations do not count", async () => {
    await trading.close();
    trading = await openTestSubgraph(createTrading, { GRIDWORKS_ORDER_RATE_MAX: '3' });
    await list(trading.db);
    const [asha, bharat] = [await somebody(), await somebody()];
    const codes = async (caller: UserCaller): Promise<string[]> => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => place(caller, wish({ quantity: 1 }))));
      const [first] = answers;
      if (first?.order) await trading.data(CANCEL, { input: { orderId: first.order.id } }, caller);
      return answers.flatMap(({ refusal }) => refusal?.code ?? []);
    };
    const expected = ['ORDER_RATE_EXCEEDED'];
    expect(await codes(asha)).toEqual(expected);
    expect(await codes(bharat)).toEqual(expected);
  });
});
