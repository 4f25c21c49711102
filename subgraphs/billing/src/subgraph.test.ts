import type { UserCaller } from '@gridworks/kit/caller';
import { withTenant } from '@gridworks/kit/db';
import { publish, type NewEvent } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import type { OrderFacts, Topic, Topics } from '@gridworks/schema/events';
import { seedBilling } from '@gridworks/prisma/seed/billing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderCharges, type Exchange, type Product, type Side } from './domain/charges.ts';
import { fill, hold, openingCredit, release } from './domain/ledger.ts';
import { book } from './store.ts';
import { createBilling } from './subgraph.ts';

const ENV = { GRIDWORKS_OPENING_CREDIT: '100000.00' };
const OPENING = 100_000_00n;
const tenants = { north: newId(), south: newId() };

let billing: TestSubgraph;
let owner: pg.Client;
beforeAll(async () => {
  billing = await openTestSubgraph(createBilling, ENV);
  owner = new pg.Client(billing.db.url);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await billing.close();
});

// The part of trading and users, played by their events.

async function say<T extends Topic>(
  topic: T,
  key: string,
  payload: Topics[T],
  tenantId: string,
): Promise<void> {
  await publish(billing.db.system, [{ topic, key, tenantId, payload } as NewEvent]);
}

async function settled(): Promise<void> {
  billing.platform.bus.committed();
  await billing.platform.bus.settled();
}

interface Person {
  readonly userId: string;
  readonly tenantId: string;
  readonly caller: UserCaller;
}

async function signUp(tenantId = tenants.north): Promise<Person> {
  const userId = newId();
  await say('users.registered', userId, { userId, displayName: 'Asha Rao', tier: 'LITE' }, tenantId);
  await settled();
  return { userId, tenantId, caller: userCaller({ tenantId, userId }) };
}

interface Placed {
  readonly person: Person;
  readonly facts: Topics['orders.created'];
  value: bigint;
  quantity: number;
}

interface Wish {
  readonly side: Side;
  readonly price: bigint;
  readonly quantity: number;
  readonly product?: Product;
  readonly exchange?: Exchange;
}

/** Places an order with the hold that trading would put on it. */
async function place(person: Person, wish: Wish): Promise<Placed> {
  const worst = wish.price * BigInt(wish.quantity);
  const facts = {
    orderId: newId(),
    userId: person.userId,
    symbol: 'RELIANCE',
    exchange: wish.exchange ?? 'NSE',
    side: wish.side,
    product: wish.product ?? 'CNC',
    quantity: wish.quantity,
    hold: wish.side === 'BUY' ? (worst + (worst * 50n + 9_999n) / 10_000n + 200n).toString() : '0',
  } as const;
  await say('orders.created', facts.orderId, facts, person.tenantId);
  await settled();
  return { person, facts, value: 0n, quantity: 0 };
}

function orderFacts({ facts }: Placed): OrderFacts {
  const { orderId, userId, symbol, exchange, side, product } = facts;
  return { orderId, userId, symbol, exchange, side, product };
}

async function trade(order: Placed, price: bigint, quantity: number): Promise<Topics['orders.executed']> {
  const value = price * BigInt(quantity);
  order.value += value;
  order.quantity += quantity;
  const payload = {
    ...orderFacts(order),
    tradeId: newId(),
    price: price.toString(),
    quantity,
    value: value.toString(),
    final: order.quantity === order.facts.quantity,
    orderValue: order.value.toString(),
    orderQuantity: order.quantity,
  };
  await say('orders.executed', order.facts.orderId, payload, order.person.tenantId);
  await settled();
  return payload;
}

async function cancel(order: Placed): Promise<Topics['orders.cancelled']> {
  const payload = {
    ...orderFacts(order),
    remaining: order.facts.quantity - order.quantity,
    orderValue: order.value.toString(),
    orderQuantity: order.quantity,
    reason: 'USER',
  } as const;
  await say('orders.cancelled', order.facts.orderId, payload, order.person.tenantId);
  await settled();
  return payload;
}

/** The order promises `promised` in all from now on: event `sequence` of the user's orders. */
async function modify(order: Placed, sequence: number, promised: bigint): Promise<Topics['orders.modified']> {
  const { quantity } = order.facts;
  const payload = { ...orderFacts(order), sequence, quantity, hold: promised.toString(), promised: '0' };
  await say('orders.modified', order.facts.orderId, payload, order.person.tenantId);
  await settled();
  return payload;
}

async function wallet({ userId }: Person): Promise<{ available: bigint; held: bigint }> {
  const { rows } = await billing.db.system.query<{ kind: string; balance: bigint }>(
    `SELECT kind, balance FROM billing.ledger_account WHERE user_id = $1`,
    [userId],
  );
  const balance = (kind: string): bigint => rows.find((row) => row.kind === kind)?.balance ?? -1n;
  return { available: balance('WALLET_AVAILABLE'), held: balance('WALLET_HELD') };
}

async function house(kind: string): Promise<bigint> {
  const { rows } = await billing.db.system.query<{ balance: bigint }>(
    `SELECT balance FROM billing.ledger_account WHERE user_id IS NULL AND kind = $1::billing.ledger_account_kind
        AND currency = 'INR'`,
    [kind],
  );
  return rows[0]?.balance ?? 0n;
}

async function credits({ userId }: Person): Promise<Topics['wallets.credited'][]> {
  const { rows } = await billing.db.system.query<{ payload: Topics['wallets.credited'] }>(
    `SELECT payload FROM events.log WHERE topic = 'wallets.credited' AND key = $1 ORDER BY xid, pos`,
    [userId],
  );
  return rows.map(({ payload }) => payload);
}

/** What trading would let the person promise: credits it heard of, less the holds it made. */
async function buyingPower(person: Person): Promise<bigint> {
  const { rows } = await billing.db.system.query<{ holds: bigint }>(
    `SELECT coalesce(sum((payload ->> 'hold')::bigint), 0) AS holds
       FROM (SELECT DISTINCT payload::jsonb AS payload FROM events.log WHERE topic = 'orders.created' AND payload ->> 'userId' = $1) o`,
    [person.userId],
  );
  const heard = (await credits(person)).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  return heard - (rows[0]?.holds ?? 0n);
}

async function deadLetters(orderId: string): Promise<string[]> {
  const { rows } = await billing.db.system.query<{ error: string }>(
    `SELECT d.error FROM events.dead_letter d JOIN events.log l ON l.id = d.event_id WHERE l.key = $1 ORDER BY d.at`,
    [orderId],
  );
  return rows.map(({ error }) => error);
}

async function transfersOf(orderId: string): Promise<string[]> {
  const { rows } = await billing.db.system.query<{ kind: string }>(
    `SELECT kind FROM billing.transfer WHERE order_id = $1 ORDER BY id`,
    [orderId],
  );
  return rows.map(({ kind }) => kind);
}

describe('a sign-up', () => {
  it('opens a wallet with the opening credit and tells trading', async () => {
    const equity = await house('PAPER_EQUITY');
    const asha = await signUp();
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
    expect(await house('PAPER_EQUITY')).toBe(equity - OPENING);
    expect(await credits(asha)).toEqual([
      { userId: asha.userId, amount: OPENING.toString(), reason: 'OPENING_CREDIT', orderId: null },
    ]);
  });

  it('heard twice credits once', async () => {
    const asha = await signUp();
    const payload = { userId: asha.userId, displayName: 'Asha Rao', tier: 'LITE' };
    await say('users.registered', asha.userId, payload, asha.tenantId);
    await settled();
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
    expect(await credits(asha)).toHaveLength(1);
  });

  it('opens an empty wallet when there is no opening credit, and tells nobody of nothing', async () => {
    const poor = await openTestSubgraph(createBilling, { GRIDWORKS_OPENING_CREDIT: '0' });
    const userId = newId();
    const payload = { userId, displayName: 'Gopal Das', tier: 'LITE' };
    await publish(poor.db.system, [
      { topic: 'users.registered', key: userId, tenantId: tenants.north, payload },
    ]);
    await poor.platform.bus.settled();
    const { wallet: empty } = await walletSeenBy(
      poor,
      userId,
      userCaller({ tenantId: tenants.north, userId }),
    );
    const { rows } = await poor.db.system.query(
      `SELECT topic FROM events.log WHERE topic = 'wallets.credited'`,
    );
    await poor.close();
    expect(empty).toEqual({ available: { amount: '0.00', currency: 'INR' }, held: { amount: '0.00' } });
    expect(rows).toEqual([]);
  });

  it('cannot be configured to open in debt', () => {
    for (const openingCredit of ['-1', 'much', '1.005']) {
      const config = { ...billing.platform.config, openingCredit };
      expect(() => createBilling({ ...billing.platform, config })).toThrow(/GRIDWORKS_OPENING_CREDIT/);
    }
  });
});

describe('a purchase', () => {
  it('holds, pays each fill, and at the end takes the charges and gives the rest back', async () => {
    const asha = await signUp();
    const clearing = await house('CLEARING');
    const order = await place(asha, { side: 'BUY', price: 500_00n, quantity: 100 });
    expect(await wallet(asha)).toEqual({ available: OPENING - 50_252_00n, held: 50_252_00n });

    await trade(order, 499_00n, 40);
    expect(await wallet(asha)).toEqual({ available: OPENING - 50_252_00n, held: 50_252_00n - 19_960_00n });
    expect(await transfersOf(order.facts.orderId)).toEqual(['HOLD', 'FILL']);

    await trade(order, 498_00n, 60);
    const spent = 19_960_00n + 29_880_00n;
    const { total } = orderCharges({ side: 'BUY', product: 'CNC', exchange: 'NSE', value: spent });
    expect(await wallet(asha)).toEqual({ available: OPENING - spent - total, held: 0n });
    expect(await house('CLEARING')).toBe(clearing + spent);
    expect(await transfersOf(order.facts.orderId)).toEqual(['HOLD', 'FILL', 'FILL', 'CHARGES', 'RELEASE']);
    expect((await credits(asha)).at(-1)).toEqual({
      userId: asha.userId,
      amount: (50_252_00n - spent - total).toString(),
      reason: 'HOLD_RELEASED',
      orderId: order.facts.orderId,
    });
    expect(await buyingPower(asha)).toBe((await wallet(asha)).available);
  });

  it('that is modified holds more, or gives a part back and tells trading', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 500_00n, quantity: 100 });
    await modify(order, 2, 60_302_00n);
    expect(await wallet(asha)).toEqual({ available: OPENING - 60_302_00n, held: 60_302_00n });
    await trade(order, 499_00n, 40);
    await modify(order, 4, 40_000_00n);
    expect(await wallet(asha)).toEqual({ available: OPENING - 40_000_00n, held: 40_000_00n - 19_960_00n });
    expect((await credits(asha)).at(-1)).toMatchObject({
      amount: '2030200',
      reason: 'HOLD_RELEASED',
      orderId: order.facts.orderId,
    });
    await cancel(order);
    const { total } = orderCharges({ side: 'BUY', product: 'CNC', exchange: 'NSE', value: 19_960_00n });
    expect(await wallet(asha)).toEqual({ available: OPENING - 19_960_00n - total, held: 0n });
    expect(await transfersOf(order.facts.orderId)).toEqual([
      'HOLD',
      'HOLD',
      'FILL',
      'RELEASE',
      'CHARGES',
      'RELEASE',
    ]);
  });

  it('cannot be modified to hold more than there is: the event waits, the wallet stays', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 500_00n, quantity: 100 });
    await modify(order, 2, OPENING + 1n);
    expect(await deadLetters(order.facts.orderId)).toHaveLength(1);
    expect(await wallet(asha)).toEqual({ available: OPENING - 50_252_00n, held: 50_252_00n });
  });

  it('cancelled untouched gives everything back and costs nothing', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 10_00n, quantity: 7 });
    await cancel(order);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
    expect(await transfersOf(order.facts.orderId)).toEqual(['HOLD', 'RELEASE']);
    expect(await buyingPower(asha)).toBe(OPENING);
  });

  it('cancelled halfway is charged for what it bought', async () => {
    const asha = await signUp();
    const order = await place(asha, {
      side: 'BUY',
      product: 'MIS',
      exchange: 'BSE',
      price: 900_00n,
      quantity: 100,
    });
    await trade(order, 900_00n, 30);
    await cancel(order);
    const { total } = orderCharges({ side: 'BUY', product: 'MIS', exchange: 'BSE', value: 27_000_00n });
    expect(await wallet(asha)).toEqual({ available: OPENING - 27_000_00n - total, held: 0n });
    expect(await buyingPower(asha)).toBe((await wallet(asha)).available);
  });
});

describe('a sale', () => {
  it('collects its proceeds and pays them out less the charges, a line to an account', async () => {
    const asha = await signUp();
    const kinds = ['BROKERAGE', 'STT', 'EXCHANGE', 'SEBI', 'STAMP_DUTY', 'GST'];
    const before = await Promise.all(kinds.map((kind) => house(`CHARGE_${kind}`)));
    const order = await place(asha, { side: 'SELL', product: 'MIS', price: 1_100_00n, quantity: 400 });
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });

    await trade(order, 1_100_00n, 100);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 110_000_00n });

    await trade(order, 1_100_00n, 300);
    expect(await wallet(asha)).toEqual({ available: OPENING + 440_000_00n - 150_06n, held: 0n });
    const after = await Promise.all(kinds.map((kind) => house(`CHARGE_${kind}`)));
    expect(after.map((balance, index) => balance - (before[index] ?? 0n))).toEqual([
      20_00n,
      110_00n,
      13_51n,
      44n,
      0n,
      6_11n,
    ]);
    expect((await credits(asha)).at(-1)).toMatchObject({ amount: '43984994', reason: 'SALE_PROCEEDS' });
    expect(await buyingPower(asha)).toBe((await wallet(asha)).available);
  });

  it('cancelled untouched moves nothing and tells nobody', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'SELL', price: 10_00n, quantity: 7 });
    await cancel(order);
    expect(await transfersOf(order.facts.orderId)).toEqual([]);
    expect(await credits(asha)).toHaveLength(1);
  });

  it('of a few paise costs nothing, rather than more than it brings', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'SELL', price: 5n, quantity: 1 });
    await trade(order, 5n, 1);
    expect(await wallet(asha)).toEqual({ available: OPENING + 5n, held: 0n });
    expect(await transfersOf(order.facts.orderId)).toEqual(['FILL', 'RELEASE']);
  });

  it('to oneself books both sides of the one trade', async () => {
    const asha = await signUp();
    const buy = await place(asha, { side: 'BUY', price: 100_00n, quantity: 10 });
    const sell = await place(asha, { side: 'SELL', price: 100_00n, quantity: 10 });
    const bought = await trade(buy, 100_00n, 10);
    sell.value = 1_000_00n;
    const sold = { ...bought, ...orderFacts(sell) };
    await say('orders.executed', sell.facts.orderId, sold, asha.tenantId);
    await settled();
    const cost = orderCharges({ side: 'BUY', product: 'CNC', exchange: 'NSE', value: 1_000_00n }).total;
    const fee = orderCharges({ side: 'SELL', product: 'CNC', exchange: 'NSE', value: 1_000_00n }).total;
    expect(await wallet(asha)).toEqual({ available: OPENING - cost - fee, held: 0n });
  });
});

describe('events heard again', () => {
  async function everything(): Promise<unknown> {
    const { rows } = await billing.db.system.query(
      `SELECT (SELECT json_agg(a ORDER BY a.id) FROM billing.ledger_account a) AS accounts,
              (SELECT json_agg(t ORDER BY t.id) FROM billing.transfer t) AS transfers,
              (SELECT json_agg(h ORDER BY h.order_id) FROM billing.order_hold h) AS holds,
              (SELECT count(*) FROM events.log WHERE topic = 'wallets.credited') AS credits`,
    );
    return rows[0];
  }

  it('change nothing, each repeated in every state of its order', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 100_00n, quantity: 10 });
    const { orderId } = order.facts;
    const said: (() => Promise<void>)[] = [() => say('orders.created', orderId, order.facts, asha.tenantId)];
    const repeat = async (): Promise<void> => {
      const before = await everything();
      for (const again of [...said, ...said].reverse()) await again();
      await settled();
      expect(await everything()).toEqual(before);
    };
    await repeat();
    const first = await trade(order, 100_00n, 4);
    said.push(() => say('orders.executed', orderId, first, asha.tenantId));
    await repeat();
    for (const [sequence, promised] of [
      [3, 2_000_00n],
      [4, 1_007_00n],
    ] as const) {
      const changed = await modify(order, sequence, promised);
      said.push(() => say('orders.modified', orderId, changed, asha.tenantId));
      await repeat();
    }
    const last = await trade(order, 99_00n, 6);
    said.push(() => say('orders.executed', orderId, last, asha.tenantId));
    await repeat();

    const other = await place(asha, { side: 'SELL', price: 100_00n, quantity: 10 });
    await trade(other, 100_00n, 1);
    const cancelled = await cancel(other);
    said.push(() => say('orders.cancelled', other.facts.orderId, cancelled, asha.tenantId));
    await repeat();
    expect(await deadLetters(orderId)).toEqual([]);
    expect(await deadLetters(other.facts.orderId)).toEqual([]);
  });

  it('change nothing when the whole log is played again from its beginning', async () => {
    const asha = await signUp();
    await trade(await place(asha, { side: 'BUY', price: 100_00n, quantity: 10 }), 100_00n, 10);
    const before = await everything();
    await billing.db.system.query(
      `UPDATE events.consumer SET xid = '0', pos = 0 WHERE name = 'billing.wallets'`,
    );
    await settled();
    expect(await everything()).toEqual(before);
  });
});

describe('many events at once', () => {
  it('are booked as they would be one by one, and one that does not add up takes no other along', async () => {
    const [asha, bharat] = [await signUp(), await signUp()];
    const order = (person: Person, price: bigint): Placed => ({
      person,
      facts: {
        orderId: newId(),
        userId: person.userId,
        symbol: 'RELIANCE',
        exchange: 'NSE',
        side: 'BUY',
        product: 'CNC',
        quantity: 10,
        hold: (price * 11n).toString(),
      },
      value: 0n,
      quantity: 0,
    });
    const good = [order(asha, 100_00n), order(bharat, 200_00n), order(asha, 300_00n)] as const;
    // Holds more than Asha has; it stands among the others.
    const poison = order(asha, 10_000_000_00n);
    const filled = ({ facts, person }: Placed, price: bigint): NewEvent => {
      const { hold: _hold, ...more } = facts;
      const value = (price * 10n).toString();
      const payload = {
        ...more,
        tradeId: newId(),
        price: price.toString(),
        value,
        final: true,
        orderValue: value,
        orderQuantity: 10,
      };
      return { topic: 'orders.executed', key: facts.orderId, tenantId: person.tenantId, payload };
    };
    const created = ({ facts, person }: Placed): NewEvent => ({
      topic: 'orders.created',
      key: facts.orderId,
      tenantId: person.tenantId,
      payload: facts,
    });
    // One transaction, one batch.
    await publish(billing.db.system, [
      created(good[0]),
      created(good[1]),
      filled(good[1], 200_00n),
      created(poison),
      filled(poison, 10_000_000_00n),
      filled(good[0], 100_00n),
      created(good[2]),
      filled(good[2], 300_00n),
    ]);
    await settled();
    for (const each of good) {
      expect(await transfersOf(each.facts.orderId)).toEqual(['HOLD', 'FILL', 'CHARGES', 'RELEASE']);
      expect(await deadLetters(each.facts.orderId)).toEqual([]);
    }
    expect(await transfersOf(poison.facts.orderId)).toEqual([]);
    expect(await deadLetters(poison.facts.orderId)).toEqual([
      expect.stringContaining('not_negative'),
      expect.stringContaining('has no hold'),
    ]);
    const cost = (value: bigint): bigint =>
      value + orderCharges({ side: 'BUY', product: 'CNC', exchange: 'NSE', value }).total;
    expect(await wallet(asha)).toEqual({ available: OPENING - cost(1_000_00n) - cost(3_000_00n), held: 0n });
    expect(await wallet(bharat)).toEqual({ available: OPENING - cost(2_000_00n), held: 0n });
    expect((await credits(asha)).map(({ orderId }) => orderId)).toEqual([
      null,
      good[0].facts.orderId,
      good[2].facts.orderId,
    ]);
  });
});

describe('what does not add up', () => {
  it('never holds more than there is: the event waits, the wallet stays', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 1_000_00n, quantity: 100 });
    expect(await deadLetters(order.facts.orderId)).toEqual([
      expect.stringContaining('entry_wallet_not_negative'),
    ]);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
    expect(await transfersOf(order.facts.orderId)).toEqual([]);

    // Nor do fills of that order move anything.
    await trade(order, 1_000_00n, 100);
    expect(await deadLetters(order.facts.orderId)).toEqual([
      expect.anything(),
      expect.stringContaining('has no hold'),
    ]);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
  });

  it('does not pay a fill beyond the hold', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 10_00n, quantity: 10 });
    const before = await wallet(asha);
    await trade(order, 20_00n, 10);
    expect(await deadLetters(order.facts.orderId)).toEqual([expect.stringContaining('exceeds')]);
    expect(await wallet(asha)).toEqual(before);
  });

  it('does not end an order of which a fill is missing', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 10_00n, quantity: 10 });
    order.value = 40_00n;
    order.quantity = 4;
    await trade(order, 10_00n, 6);
    expect(await deadLetters(order.facts.orderId)).toEqual([
      expect.stringContaining('fills of 6000 are booked'),
    ]);
    expect(await transfersOf(order.facts.orderId)).toEqual(['HOLD']);
  });

  it('does not end an order otherwise than it ended', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 10_00n, quantity: 10 });
    await cancel(order);
    const { available } = await wallet(asha);
    await trade(order, 10_00n, 10);
    await cancel(order);
    expect(await deadLetters(order.facts.orderId)).toHaveLength(2);
    expect(await wallet(asha)).toEqual({ available, held: 0n });
  });

  it("does not let one user's event touch another's order", async () => {
    const [asha, bharat] = [await signUp(), await signUp()];
    const order = await place(asha, { side: 'BUY', price: 10_00n, quantity: 10 });
    await trade({ ...order, facts: { ...order.facts, userId: bharat.userId } }, 10_00n, 10);
    expect(await deadLetters(order.facts.orderId)).toEqual([
      expect.stringContaining('is not the order of user'),
    ]);
    expect(await wallet(bharat)).toEqual({ available: OPENING, held: 0n });
  });

  it('does not hold funds of somebody without a wallet', async () => {
    const stranger = {
      userId: newId(),
      tenantId: tenants.north,
      caller: userCaller({ tenantId: tenants.north }),
    };
    const order = await place(stranger, { side: 'BUY', price: 10_00n, quantity: 10 });
    expect(await deadLetters(order.facts.orderId)).toEqual([expect.stringContaining('account_id')]);
  });

  it('lets the stream go on behind it', async () => {
    const asha = await signUp();
    await place(asha, { side: 'BUY', price: 1_000_00n, quantity: 100 });
    const order = await place(asha, { side: 'BUY', price: 10_00n, quantity: 10 });
    await trade(order, 10_00n, 10);
    expect(await transfersOf(order.facts.orderId)).toEqual(['HOLD', 'FILL', 'CHARGES', 'RELEASE']);
  });
});

describe('the ledger in the database', () => {
  interface Line {
    readonly userId: string | null;
    readonly kind: string;
    readonly amount: string;
    readonly currency?: string;
    /** How far the number and the balance are off. */
    readonly skipped?: number;
    readonly excess?: number;
  }
  const ADD_ENTRIES = `
    INSERT INTO billing.entry (account_id, sequence, transfer_id, tenant_id, amount, balance_after)
    SELECT a.id, a.sequence + 1 + coalesce(line.skipped, 0), $1::uuid, a.tenant_id, line.amount,
           a.balance + line.amount + coalesce(line.excess, 0)
      FROM jsonb_to_recordset($2) AS line ("userId" uuid, kind text, amount bigint, currency text, skipped int, excess int)
      JOIN billing.ledger_account a ON a.user_id IS NOT DISTINCT FROM line."userId" AND a.kind::text = line.kind
       AND a.currency::text = coalesce(line.currency, 'INR')`;
  const addEntries = async (transferId: string, lines: readonly Line[]): Promise<unknown> =>
    billing.db.system.query(ADD_ENTRIES, [transferId, JSON.stringify(lines)]);
  const bookByHand = async (tenantId: string, lines: readonly Line[]): Promise<unknown> =>
    billing.db.system.query(
      `WITH made AS (INSERT INTO billing.transfer (id, tenant_id, kind, key, at)
                     VALUES ($1::uuid, $3, 'HOLD', 'by hand ' || $1::text, now())) ${ADD_ENTRIES}`,
      [newId(), JSON.stringify(lines), tenantId],
    );
  const spent = ({ userId }: Person, more: Partial<Line> = {}): Line => ({
    userId,
    kind: 'WALLET_AVAILABLE',
    amount: '-5',
    ...more,
  });
  const cleared = (more: Partial<Line> = {}): Line => ({
    userId: null,
    kind: 'CLEARING',
    amount: '5',
    ...more,
  });

  it('takes a transfer by hand that balances', async () => {
    const asha = await signUp();
    await bookByHand(asha.tenantId, [spent(asha), cleared()]);
    expect((await wallet(asha)).available).toBe(OPENING - 5n);
  });

  it('refuses what does not balance, and a transfer of nothing', async () => {
    const asha = await signUp();
    const lopsided = bookByHand(asha.tenantId, [spent(asha), cleared({ amount: '4' })]);
    await expect(lopsided).rejects.toThrow(/does not balance: -1 INR/);
    await expect(bookByHand(asha.tenantId, [])).rejects.toThrow(/has no entries/);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
  });

  it('refuses to add to a transfer of the past', async () => {
    const asha = await signUp();
    const { rows } = await billing.db.system.query<{ id: string }>(
      `SELECT id FROM billing.transfer WHERE key = $1`,
      [openingCredit(asha.userId, 1n).key],
    );
    const late = addEntries(rows[0]?.id ?? '', [spent(asha, { kind: 'WALLET_HELD', amount: '5' })]);
    await expect(late).rejects.toThrow(/does not balance: 5 INR/);
  });

  it('does not balance one currency by another', async () => {
    const asha = await signUp();
    await billing.db.system.query(
      `INSERT INTO billing.ledger_account (id, kind, currency) VALUES ($1, 'CLEARING', 'USD') ON CONFLICT DO NOTHING`,
      [newId()],
    );
    const mixed = bookByHand(asha.tenantId, [spent(asha), cleared({ currency: 'USD' })]);
    await expect(mixed).rejects.toThrow(/does not balance/);
  });

  it("does not move money into another tenant's wallet", async () => {
    const [asha, gopal] = [await signUp(), await signUp(tenants.south)];
    const across = bookByHand(asha.tenantId, [spent(asha), spent(gopal, { amount: '5' })]);
    await expect(across).rejects.toThrow(/wallet of another tenant/);
  });

  it.each([
    ['leaves out a number', { skipped: 1 }],
    ['takes a number again', { skipped: -1 }],
    ['states another balance than its entries make', { excess: 1 }],
  ])('refuses an entry that %s', async (_name, wrong) => {
    const asha = await signUp();
    const broken = bookByHand(asha.tenantId, [spent(asha, wrong), cleared()]);
    await expect(broken).rejects.toThrow(/does not continue it|duplicate key/);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
  });

  it('refuses entries of a transfer or an account that is not there, and keeps both', async () => {
    const asha = await signUp();
    await expect(addEntries(newId(), [spent(asha), cleared()])).rejects.toThrow(/lacks its transfer/);
    const nowhere = `INSERT INTO billing.entry (account_id, sequence, transfer_id, amount, balance_after)
                     SELECT $1, 1, id, 5, 5 FROM billing.transfer LIMIT 1`;
    await expect(billing.db.system.query(nowhere, [newId()])).rejects.toThrow(
      /lacks its transfer or its account/,
    );
    for (const removal of [`DELETE FROM billing.ledger_account`, `TRUNCATE billing.ledger_account`]) {
      await expect(owner.query(removal)).rejects.toThrow(/append-only/);
    }
  });

  it('does not let a wallet spend what only comes later in the same batch', async () => {
    const asha = await signUp();
    const order = { orderId: newId(), userId: asha.userId };
    const bookings = [hold(order, OPENING + 1n), release(order, OPENING + 1n)].map((transfer) => ({
      transfer,
      tenantId: asha.tenantId,
      at: new Date(0),
    }));
    await expect(billing.db.systemTransaction((tx) => book(tx, bookings))).rejects.toThrow(/not_negative/);
    expect(await wallet(asha)).toEqual({ available: OPENING, held: 0n });
  });

  it('books a key once', async () => {
    const asha = await signUp();
    const twice = [openingCredit(asha.userId, 1n)].map((transfer) => ({
      transfer,
      tenantId: asha.tenantId,
      at: new Date(0),
    }));
    await expect(billing.db.systemTransaction((tx) => book(tx, twice))).rejects.toThrow(/duplicate key/);
  });

  it('knows each account of the house once', async () => {
    const second = billing.db.system.query(
      `INSERT INTO billing.ledger_account (id, kind, currency) VALUES ($1, 'CLEARING', 'INR')`,
      [newId()],
    );
    await expect(second).rejects.toThrow(/duplicate key/);
  });

  it('is append-only for the role that writes it, and for its owner too', async () => {
    await signUp();
    const rewrites = [
      `UPDATE billing.entry SET amount = amount + 1`,
      `DELETE FROM billing.entry`,
      `UPDATE billing.transfer SET at = now()`,
      `DELETE FROM billing.transfer`,
    ];
    for (const sql of rewrites) {
      await expect(billing.db.system.query(sql)).rejects.toThrow(/permission denied/);
      await expect(owner.query(sql)).rejects.toThrow(/append-only/);
    }
    await expect(owner.query(`TRUNCATE billing.entry`)).rejects.toThrow(/append-only/);
    await expect(owner.query(`TRUNCATE billing.transfer CASCADE`)).rejects.toThrow(/append-only/);
  });

  it('lets balances change by entries only, and wallets open empty', async () => {
    const asha = await signUp();
    const gift = `UPDATE billing.ledger_account SET balance = balance + 1 WHERE user_id = $1`;
    for (const client of [billing.db.system, owner]) {
      await expect(client.query(gift, [asha.userId])).rejects.toThrow(/by entries only/);
    }
    const dowry = `INSERT INTO billing.ledger_account (id, tenant_id, user_id, kind, currency, balance)
                   VALUES ($1, $2, $3, 'WALLET_AVAILABLE', 'INR', 5)`;
    await expect(billing.db.system.query(dowry, [newId(), tenants.north, newId()])).rejects.toThrow(
      /opens empty/,
    );
  });

  it('lets the role of callers write nothing at all', async () => {
    const asha = await signUp();
    const writes = [
      `INSERT INTO billing.transfer (id, tenant_id, kind, key, at) VALUES ('${newId()}', '${asha.tenantId}', 'HOLD', 'x', now())`,
      `UPDATE billing.ledger_account SET balance = 1`,
      `DELETE FROM billing.entry`,
      `UPDATE billing.order_hold SET held = 0`,
      `DELETE FROM billing.plan`,
    ];
    for (const sql of writes) {
      await expect(withTenant(asha.tenantId, async () => billing.db.tenant.query(sql))).rejects.toThrow(
        /permission denied/,
      );
    }
  });

  it('is proven by a proof that can fail', async () => {
    await signUp();
    const tampering: [string, string][] = [
      [
        `UPDATE billing.ledger_account SET balance = balance + 1 WHERE kind = 'CLEARING'`,
        'sum of its entries',
      ],
      [`UPDATE billing.entry SET amount = amount + 1 WHERE amount > 0`, 'a transfer does not balance'],
      [`UPDATE billing.entry SET balance_after = balance_after + 1`, 'not the sum so far'],
      [`DELETE FROM billing.entry WHERE sequence = 1`, 'gaps'],
      [
        `INSERT INTO billing.order_hold (order_id, tenant_id, user_id, held)
         SELECT gen_random_uuid(), tenant_id, user_id, 1 FROM billing.ledger_account WHERE kind = 'WALLET_HELD'`,
        'not what orders hold',
      ],
    ];
    for (const [sql, violation] of tampering) {
      await owner.query('BEGIN');
      for (const table of ['ledger_account', 'transfer', 'entry']) {
        await owner.query(`ALTER TABLE billing.${table} DISABLE TRIGGER USER`);
      }
      await owner.query(sql);
      const { rows } = await owner.query<{ violation: string }>(`SELECT * FROM billing.ledger_proof()`);
      await owner.query('ROLLBACK');
      expect(rows.map((row) => row.violation)).toContainEqual(expect.stringContaining(violation));
    }
  });
});

describe('many at once', () => {
  it('writers who book several transfers each never wait in a circle', async () => {
    const people = [await signUp(), await signUp(), await signUp()];
    await Promise.all(
      Array.from({ length: 24 }, (_, number) =>
        billing.db.systemTransaction((tx) =>
          book(
            tx,
            // Each writer meets the wallets in another order, which without a common order of locks is a deadlock.
            people.flatMap((_person, step) => {
              const person = people[(number * (number % 2 ? 1 : 2) + step) % people.length] as Person;
              const order = { orderId: newId(), userId: person.userId };
              const transfers = [
                hold(order, 10n),
                fill(order, 'there', 'BUY', 5n),
                fill(order, 'back', 'SELL', 5n),
                release(order, 10n),
              ];
              return transfers.map((transfer) => ({ transfer, tenantId: person.tenantId, at: new Date(0) }));
            }),
          ),
        ),
      ),
    );
    for (const person of people) expect(await wallet(person)).toEqual({ available: OPENING, held: 0n });
  });

  it('two processes share the events and book each once', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => signUp()));
    const second = await openTestSubgraph(createBilling, ENV, billing.db.url);
    const orders = await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        place(people[number % people.length] as Person, { side: 'BUY', price: 10_00n, quantity: 10 }),
      ),
    );
    await Promise.all(orders.map((order, number) => (number % 2 ? trade(order, 10_00n, 10) : cancel(order))));
    await second.close();
    for (const [number, { facts }] of orders.entries()) {
      expect(await transfersOf(facts.orderId)).toEqual(
        number % 2 ? ['HOLD', 'FILL', 'CHARGES', 'RELEASE'] : ['HOLD', 'RELEASE'],
      );
    }
  });

  it("whatever is traded, trading's buying power ends equal to what is available here", async () => {
    const wishes = fc.record({
      who: fc.nat(2),
      side: fc.constantFrom<Side>('BUY', 'SELL'),
      product: fc.constantFrom<Product>('CNC', 'MIS'),
      exchange: fc.constantFrom<Exchange>('NSE', 'BSE'),
      price: fc.bigInt(1n, 200_00n),
      quantity: fc.integer({ min: 1, max: 20 }),
      fills: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.bigInt(0n, 100n)), { maxLength: 3 }),
      isCancelled: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(wishes, { minLength: 1, maxLength: 8 }), async (list) => {
        const people = [await signUp(), await signUp(), await signUp(tenants.south)];
        for (const wish of list) {
          const order = await place(people[wish.who] as Person, wish);
          for (const [wanted, percentBelow] of wish.fills) {
            const quantity = Math.min(wanted, wish.quantity - order.quantity);
            const price = wish.price - (wish.price * percentBelow) / 200n;
            if (quantity > 0) await trade(order, wish.side === 'BUY' ? price : wish.price, quantity);
          }
          if (order.quantity < wish.quantity && wish.isCancelled) await cancel(order);
          expect(await deadLetters(order.facts.orderId)).toEqual([]);
        }
        for (const person of people) {
          expect(await buyingPower(person)).toBe((await wallet(person)).available);
        }
        const { rows } = await billing.db.system.query(`SELECT * FROM billing.ledger_proof()`);
        expect(rows).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});

const WALLET = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { wallet {
  available { amount currency } held { amount } } } } }`;

interface WalletSeen {
  readonly wallet: { available: { amount: string; currency: string }; held: { amount: string } } | null;
}

async function walletSeenBy(on: TestSubgraph, userId: string, caller?: TestCaller): Promise<WalletSeen> {
  const representations = [{ __typename: 'User', id: toGlobalId('User', userId) }];
  const { _entities } = await on.data<{ _entities: WalletSeen[] }>(WALLET, { representations }, caller);
  return _entities[0] as WalletSeen;
}

type TestCaller = Parameters<TestSubgraph['data']>[2];

describe('who sees which money', () => {
  it('shows a wallet to its user and to operators of the tenant, and to nobody else', async () => {
    const asha = await signUp();
    await place(asha, { side: 'BUY', price: 500_00n, quantity: 100 });
    const seen = {
      wallet: { available: { amount: '49748.00', currency: 'INR' }, held: { amount: '50252.00' } },
    };
    expect(await walletSeenBy(billing, asha.userId, asha.caller)).toEqual(seen);
    const operator = userCaller({ tenantId: tenants.north, roles: ['OPERATOR'] });
    expect(await walletSeenBy(billing, asha.userId, operator)).toEqual(seen);

    const others: TestCaller[] = [
      undefined,
      userCaller({ tenantId: tenants.north }),
      userCaller({ tenantId: tenants.north, roles: ['PARTNER'] }),
      userCaller({ tenantId: tenants.south, roles: ['OPERATOR'] }),
      // A forged pair: the user's own id in the wrong tenant.
      userCaller({ tenantId: tenants.south, userId: asha.userId }),
      { kind: 'member', memberId: asha.userId, tier: 'ONYX' },
      {
        kind: 'app',
        appId: newId(),
        partnerId: newId(),
        tenantId: tenants.north,
        keyId: newId(),
        scopes: ['wallets'],
      },
    ];
    for (const caller of others) {
      expect(await walletSeenBy(billing, asha.userId, caller)).toEqual({ wallet: null });
    }
  });

  it('finds a wallet by its own id under the same rule', async () => {
    const [asha, bharat] = [await signUp(), await signUp()];
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Wallet { id total { amount } } } }`;
    const ids = [asha.userId, bharat.userId, newId(), 'nobody'].map((id) => toGlobalId('Wallet', id));
    const representations = [...ids, toGlobalId('User', asha.userId)].map((id) => ({
      __typename: 'Wallet',
      id,
    }));
    expect(await billing.data(query, { representations }, asha.caller)).toEqual({
      _entities: [{ id: ids[0], total: { amount: '100000.00' } }, null, null, null, null],
    });
  });

  it('separates tenants even where a query forgets to, and keeps the house to itself', async () => {
    const [asha, gopal] = [await signUp(), await signUp(tenants.south)];
    await place(asha, { side: 'BUY', price: 10_00n, quantity: 1 });
    await place(gopal, { side: 'BUY', price: 10_00n, quantity: 1 });
    for (const table of ['ledger_account', 'transfer', 'entry', 'order_hold']) {
      const everything = `SELECT DISTINCT tenant_id FROM billing.${table}`;
      const inSouth = await withTenant(tenants.south, async () => billing.db.tenant.query(everything));
      expect(inSouth.rows).toEqual([{ tenant_id: tenants.south }]);
      expect((await billing.db.tenant.query(everything)).rows).toEqual([]);
    }
    const house = `SELECT 1 FROM billing.ledger_account WHERE user_id IS NULL`;
    expect((await withTenant(tenants.north, async () => billing.db.tenant.query(house))).rows).toEqual([]);
    expect((await billing.db.system.query(house)).rowCount).toBeGreaterThan(0);
  });
});

describe('a statement', () => {
  const STATEMENT = `query ($representations: [_Any!]!, $balance: WalletBalance! = AVAILABLE, $first: Int! = 20, $after: String) {
    _entities(representations: $representations) { ... on Wallet { statement(balance: $balance, first: $first, after: $after) {
      edges { cursor node { id sequence at kind amount { amount } balanceAfter { amount } order { id } } }
      pageInfo { hasNextPage endCursor } } } } }`;
  interface Line {
    id: string;
    sequence: number;
    at: string;
    kind: string;
    amount: { amount: string };
    balanceAfter: { amount: string };
    order: { id: string } | null;
  }
  interface Statement {
    edges: { cursor: string; node: Line }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  }
  async function statement(person: Person, variables: object = {}): Promise<Statement> {
    const representations = [{ __typename: 'Wallet', id: toGlobalId('Wallet', person.userId) }];
    const { _entities } = await billing.data<{ _entities: { statement: Statement }[] }>(
      STATEMENT,
      { representations, ...variables },
      person.caller,
    );
    return (_entities[0] as { statement: Statement }).statement;
  }
  const brief = ({ edges }: Statement): unknown[] =>
    edges.map(({ node }) => [node.sequence, node.kind, node.amount.amount, node.balanceAfter.amount]);

  it('lists each balance newest first, with the running balance and the order', async () => {
    const asha = await signUp();
    const order = await place(asha, { side: 'BUY', price: 500_00n, quantity: 100 });
    await trade(order, 500_00n, 100);
    const { total } = orderCharges({ side: 'BUY', product: 'CNC', exchange: 'NSE', value: 50_000_00n });
    expect(total).toBe(59_38n);
    const cash = await statement(asha);
    expect(brief(cash)).toEqual([
      [3, 'RELEASE', '192.62', '49940.62'],
      [2, 'HOLD', '-50252.00', '49748.00'],
      [1, 'OPENING_CREDIT', '100000.00', '100000.00'],
    ]);
    expect(cash.edges.map(({ node }) => node.order?.id ?? null)).toEqual([
      toGlobalId('Order', order.facts.orderId),
      toGlobalId('Order', order.facts.orderId),
      null,
    ]);
    const held = await statement(asha, { balance: 'HELD' });
    expect(brief(held)).toEqual([
      [4, 'RELEASE', '-192.62', '0.00'],
      [3, 'CHARGES', '-59.38', '192.62'],
      [2, 'FILL', '-50000.00', '252.00'],
      [1, 'HOLD', '50252.00', '50252.00'],
    ]);
    const ids = [...cash.edges, ...held.edges].map(({ node }) => node.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('bears the time of the event that moved the money', async () => {
    const asha = await signUp();
    const { rows } = await billing.db.system.query<{ at: Date }>(
      `SELECT at FROM events.log WHERE topic = 'users.registered' AND key = $1`,
      [asha.userId],
    );
    const { edges } = await statement(asha);
    expect(edges[0]?.node.at).toBe(rows[0]?.at.toISOString());
  });

  it('is read page by page, and new lines do not disturb the pages to come', async () => {
    const asha = await signUp();
    for (let number = 0; number < 2; number++)
      await cancel(await place(asha, { side: 'BUY', price: 1_00n, quantity: 1 }));
    const first = await statement(asha, { first: 2 });
    expect(brief(first).map((line) => (line as unknown[])[0])).toEqual([5, 4]);
    expect(first.pageInfo.hasNextPage).toBe(true);
    await place(asha, { side: 'BUY', price: 1_00n, quantity: 1 });
    const second = await statement(asha, { first: 3, after: first.pageInfo.endCursor });
    expect(brief(second).map((line) => (line as unknown[])[0])).toEqual([3, 2, 1]);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  it('refuses a page size out of range and what is not a cursor', async () => {
    const asha = await signUp();
    const representations = [{ __typename: 'Wallet', id: toGlobalId('Wallet', asha.userId) }];
    for (const wrong of [
      { first: 0 },
      { first: 101 },
      { after: 'x' },
      { after: '1; DROP' },
      { after: '9'.repeat(19) },
    ]) {
      const { errors } = await billing.ask(STATEMENT, { representations, ...wrong }, asha.caller);
      expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT']);
    }
  });
});

describe('charges', () => {
  const LINES = `brokerage { amount } stt { amount } exchangeTransaction { amount } sebi { amount } stampDuty { amount }
                 gst { amount } total { amount currency }`;
  const CHARGES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on Order { charges { ${LINES} } } } }`;
  const PREVIEW = `query ($input: ChargesPreviewInput!) { chargesPreview(input: $input) { ${LINES} } }`;
  const order = { __typename: 'Order', id: toGlobalId('Order', newId()), product: 'MIS', exchange: 'NSE' };

  it('of an order come from what its owner tells of it, by formula', async () => {
    const representations = [
      { ...order, side: 'BUY', turnover: { amount: '400000.00' } },
      { ...order, side: 'SELL', turnover: { amount: '440000.00' } },
      { ...order, side: 'SELL', turnover: { amount: '0.00' } },
    ];
    const { _entities } = await billing.data<{ _entities: { charges: object | null }[] }>(CHARGES, {
      representations,
    });
    expect(_entities.map(({ charges }) => charges)).toEqual([
      {
        brokerage: { amount: '20.00' },
        stt: { amount: '0.00' },
        exchangeTransaction: { amount: '12.28' },
        sebi: { amount: '0.40' },
        stampDuty: { amount: '12.00' },
        gst: { amount: '5.88' },
        total: { amount: '50.56', currency: 'INR' },
      },
      expect.objectContaining({ total: { amount: '150.06', currency: 'INR' } }),
      null,
    ]);
  });

  it('shown are those that the ledger takes', async () => {
    const asha = await signUp();
    const placed = await place(asha, {
      side: 'BUY',
      product: 'MIS',
      exchange: 'BSE',
      price: 123_45n,
      quantity: 77,
    });
    await trade(placed, 123_45n, 77);
    const { rows } = await billing.db.system.query<{ taken: bigint }>(
      `SELECT -e.amount AS taken FROM billing.transfer t JOIN billing.entry e ON e.transfer_id = t.id
        WHERE t.key = $1 AND e.amount < 0`,
      [`order:${placed.facts.orderId}:charges`],
    );
    const input = { side: 'BUY', product: 'MIS', exchange: 'BSE', price: '123.45', quantity: 77 };
    const { chargesPreview } = await billing.data<{ chargesPreview: { total: { amount: string } } }>(
      PREVIEW,
      { input },
    );
    expect(chargesPreview.total.amount.replace('.', '')).toBe(rows[0]?.taken.toString());
  });

  it('of an order to come are told beforehand', async () => {
    const input = { side: 'SELL', product: 'MIS', exchange: 'NSE', price: '1100.00', quantity: 400 };
    expect(await billing.data(PREVIEW, { input })).toMatchObject({
      chargesPreview: { stt: { amount: '110.00' }, total: { amount: '150.06', currency: 'INR' } },
    });
  });

  it.each([
    ['no price', { price: '0' }],
    ['a negative price', { price: '-1.00' }],
    ['a price finer than a paisa', { price: '1.001' }],
    ['no quantity', { quantity: 0 }],
    ['a value beyond any money', { price: '90000000000000000.00', quantity: 100 }],
    ['a product that is none', { product: 'BTST' }],
  ])('are not told for %s', async (_name, wrong) => {
    const input = { side: 'BUY', product: 'CNC', exchange: 'NSE', price: '1.00', quantity: 1, ...wrong };
    const { errors } = await billing.ask(PREVIEW, { input });
    expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT']);
  });
});

describe('plans', () => {
  it('are there for everybody, one a tier, the cheapest first; seeding again adds none', async () => {
    await seedBilling(billing.db);
    await seedBilling(billing.db);
    const { plans } = await billing.data<{ plans: { id: string; tier: string; features: string[] }[] }>(
      `{ plans { id tier name monthlyFee { amount currency } features } }`,
    );
    expect(plans.map(({ tier }) => tier)).toEqual(['LITE', 'PRO', 'ELITE', 'ONYX', 'OBSIDIAN', 'VOID']);
    expect(plans[1]).toMatchObject({
      id: 'Plan:PRO',
      name: 'Pro',
      monthlyFee: { amount: '499.00', currency: 'INR' },
    });
    expect(plans.every(({ features }) => features.length > 0)).toBe(true);
  });

  it('are found by id, and what is none is null', async () => {
    await seedBilling(billing.db);
    const representations = ['Plan:ELITE', 'Plan:GOLD', 'Wallet:ELITE'].map((id) => ({
      __typename: 'Plan',
      id,
    }));
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Plan { name } } }`;
    expect(await billing.data(query, { representations })).toEqual({
      _entities: [{ name: 'Elite' }, null, null],
    });
  });
});

describe('the schema', () => {
  it('asks trading for what charges are computed from', () => {
    expect(billing.subgraph.sdl).toContain('@requires(fields: "side product exchange turnover { amount }")');
  });
});
