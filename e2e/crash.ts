/**
 * The product is killed at random points while people trade, again and again on the same data. After each start nothing
 * that was acknowledged may be missing, nothing may be there that nobody asked for, and everything must add up.
 */
import {
  BuyDocument,
  CancelAllDocument,
  CancelDocument,
  ModifyDocument,
  RegisterDocument,
  SignInDocument,
} from '@gridworks/schema/operations';
import { WHOLE_BOOKS, lookForViolations } from '@gridworks/kit/conservation';
import { Database, type Sql } from '@gridworks/kit/db';
import { hashOfOms } from '@gridworks/trading/domain/oms/state';
import { recallOms } from '@gridworks/trading/recall';
import { projectedUpTo } from '@gridworks/trading/store/journal';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphClient, eventually } from './client.ts';
import { OrderReader, toldBy } from './order-reader.ts';
import { history } from './orders.ts';
import { start, type Running } from './process.ts';
import { randomOf, type Random } from './random.ts';

export interface CrashOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Told how each round went. */
  readonly say?: (line: string) => void;
}

export interface CrashTally {
  acknowledged: number;
  /** Requests that were never answered: they may have been carried out or not, but not twice. */
  unanswered: number;
  databaseKills: number;
}

const TRADERS = 3;
const HANDS = 3;
const SYMBOLS = ['INFY', 'RELIANCE'] as const;
const PASSWORD = 'a long enough password';
const LOAD_MS_MIN = 300;
const LOAD_MS_MAX = 2_000;

interface Wish {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly type: 'LIMIT' | 'MARKET' | 'STOP';
  readonly product: 'CNC';
  readonly validity: 'DAY' | 'GTC';
  readonly quantity: number;
  readonly limitPrice: string | null;
  readonly triggerPrice: string | null;
  readonly displayQuantity: number | null;
}

/** Ends of a price band. */
interface Band {
  readonly lower: string;
  readonly upper: string;
}

/** What a trader knows: what was asked for, and what was answered. */
class Trader {
  readonly email = `${randomUUID()}@gridworks.example`;
  readonly sent = new Map<string, Wish>();
  /** By id, as the latest answer told of it. */
  readonly acknowledged = new Map<string, { clientOrderId: string; status: string; filled: number }>();
  readonly unanswered = new Set<string>();
  client!: GraphClient;

  async register(url: string): Promise<void> {
    const input = { tenant: 'gridworks', email: this.email, password: PASSWORD, displayName: 'Trader' };
    const { register } = await new GraphClient(url).data(RegisterDocument, { input });
    if (register.refusal) throw new Error(register.refusal.code);
    await this.signIn(url);
    await eventually(
      () =>
        this.client.data<{ me: { buyingPower: { amount: string } | null } }>(
          `{ me { buyingPower { amount } } }`,
        ),
      ({ me }) => me.buyingPower?.amount === '1000000.00',
    );
  }

  async signIn(url: string): Promise<void> {
    const input = { tenant: 'gridworks', email: this.email, password: PASSWORD };
    const { signIn } = await new GraphClient(url).data(SignInDocument, { input });
    this.client = new GraphClient(url).withToken(signIn.session?.accessToken ?? '');
  }

  /** Places an order, or gives the code of the refusal; the answer is remembered, and so is that there was none. */
  async place(wish: Wish): Promise<string | undefined> {
    this.sent.set(wish.clientOrderId, wish);
    this.unanswered.add(wish.clientOrderId);
    const { placeOrder } = await this.client.data(BuyDocument, { input: wish });
    this.unanswered.delete(wish.clientOrderId);
    const { order, refusal } = placeOrder;
    if (!order) return refusal?.code;
    const { status, filledQuantity } = order;
    const { clientOrderId } = wish;
    this.acknowledged.set(order.id, { clientOrderId, status, filled: Number(filledQuantity) });
    return undefined;
  }

  async cancel(orderId: string): Promise<void> {
    const { cancelOrder } = await this.client.data(CancelDocument, { input: { orderId } });
    const known = this.acknowledged.get(orderId);
    if (known && cancelOrder.order) known.status = cancelOrder.order.status;
  }

  async modify(orderId: string, quantity: number): Promise<void> {
    await this.client.data(ModifyDocument, { input: { orderId, quantity } });
  }

  async cancelAll(): Promise<void> {
    const { cancelOrders } = await this.client.data(CancelAllDocument, { input: {} });
    for (const { id, status } of cancelOrders.orders) {
      const known = this.acknowledged.get(id);
      if (known) known.status = status;
    }
  }

  /** Trades without a pause until a request has no answer. */
  async trade(random: Random, bands: ReadonlyMap<string, Band>): Promise<void> {
    for (;;) {
      let refusal: string | undefined;
      try {
        refusal = await this.place(wishOf(random, bands));
        const open = [...this.acknowledged].filter(([, { status }]) => WAITING.has(status));
        const chosen = open[random(0, Math.max(0, open.length - 1))];
        const chance = random(0, 9);
        if (chosen && chance < 3) await this.modify(chosen[0], random(1, 5));
        if (chosen && (open.length > 5 || chance > 5)) await this.cancel(chosen[0]);
        if (chance === 3 && open.length > 3) await this.cancelAll();
      } catch {
        return;
      }
      if (refusal !== undefined && refusal !== 'HOLDINGS_INSUFFICIENT')
        throw new Error(`refused with ${refusal}`);
    }
  }
}

const WAITING: ReadonlySet<string> = new Set(['OPEN', 'TRIGGER_PENDING']);

/** An order that trades at once, waits where nobody trades, shows a part of itself there, or sleeps. */
function wishOf(random: Random, bands: ReadonlyMap<string, Band>): Wish {
  const symbol = SYMBOLS[random(0, SYMBOLS.length - 1)] ?? 'INFY';
  const { lower, upper } = bands.get(symbol) ?? { lower: '', upper: '' };
  const common = { clientOrderId: randomUUID(), symbol, product: 'CNC', validity: 'DAY' } as const;
  const plain = {
    ...common,
    quantity: random(1, 3),
    limitPrice: null,
    triggerPrice: null,
    displayQuantity: null,
  };
  switch (random(0, 5)) {
    case 0:
    case 1:
      return { ...plain, side: 'BUY', type: 'LIMIT', limitPrice: lower };
    case 2:
      return { ...plain, side: 'BUY', type: 'LIMIT', limitPrice: lower, quantity: 5, displayQuantity: 2 };
    case 3:
      // Asleep at the end of the band, or triggered at once because the last trade was there.
      return random(0, 2) === 0
        ? { ...plain, side: 'BUY', type: 'STOP', triggerPrice: lower }
        : { ...plain, side: 'BUY', type: 'STOP', triggerPrice: upper, validity: 'GTC' };
    default:
      return { ...plain, side: random(0, 1) === 0 ? 'BUY' : 'SELL', type: 'MARKET' };
  }
}

/** Throws when anything is lost, invented, doubled or out of balance. */
export async function crash({ rounds, seed, say = () => undefined }: CrashOptions): Promise<CrashTally> {
  const random = randomOf(seed);
  const tally: CrashTally = { acknowledged: 0, unanswered: 0, databaseKills: 0 };
  const traders = Array.from({ length: TRADERS }, () => new Trader());
  let graph = await start('start');
  const { dataDir, port, url } = graph;
  try {
    for (const trader of traders) await trader.register(url);
    for (let round = 1; round <= rounds; round++) {
      for (const trader of traders) await trader.signIn(url);
      const readers = traders.map(
        ({ client: { headers } }) => new OrderReader({ url, headers, by: 'socket' }),
      );
      const bands = await priceBands(traders[0]?.client);
      const hands = traders.flatMap((trader, index) =>
        Array.from({ length: HANDS }, (_, hand) =>
          trader.trade(randomOf(seed + round * 100 + index * 10 + hand), bands),
        ),
      );
      await sleep(random(LOAD_MS_MIN, LOAD_MS_MAX));
      const withDatabase = random(0, 1) === 0;
      await kill(graph, withDatabase);
      await Promise.all(hands);
      if (withDatabase) tally.databaseKills += 1;
      graph = await start('start', { dataDir, port });

      for (const trader of traders) {
        tally.unanswered += trader.unanswered.size;
        // Whoever had no answer asks again, in the same words.
        for (const name of [...trader.unanswered]) await trader.place(trader.sent.get(name) as Wish);
      }
      await check(dataDir, traders);
      await expectWhole(readers, traders);
      tally.acknowledged = traders.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
      say(
        `  round ${round}/${rounds}${withDatabase ? ', the database too' : ''}: ` +
          `${tally.acknowledged} orders acknowledged so far, ${tally.unanswered} requests without an answer`,
      );
    }
    return tally;
  } finally {
    await graph.interrupt();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function kill(graph: Running, withDatabase: boolean): Promise<void> {
  const closed = once(graph.process, 'close');
  if (withDatabase) {
    const [pid] = readFileSync(join(graph.dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
  }
  graph.process.kill('SIGKILL');
  await closed;
}

async function priceBands(client: GraphClient | undefined): Promise<ReadonlyMap<string, Band>> {
  const bands = new Map<string, Band>();
  for (const symbol of SYMBOLS) {
    const answer = await client?.data<{ instrument: { priceBand: Band } }>(
      `{ instrument(symbol: "${symbol}") { priceBand { lower upper } } }`,
    );
    if (answer) bands.set(symbol, answer.instrument.priceBand);
  }
  return bands;
}

/** What each reader heard through all of it is the whole history and nothing else. */
async function expectWhole(readers: readonly OrderReader[], traders: readonly Trader[]): Promise<void> {
  for (const [index, reader] of readers.entries()) {
    const client = traders[index]?.client;
    if (!client) continue;
    const expected = await history(client);
    await reader.until(expected.length);
    await reader.close();
    const heard = toldBy(reader).slice(0, expected.length);
    if (JSON.stringify(heard) !== JSON.stringify(expected))
      throw new Error(`a reader heard something else than what happened to trader ${index}`);
  }
}

async function check(dataDir: string, traders: readonly Trader[]): Promise<void> {
  const db = new Database(readFileSync(join(dataDir, 'postgres.url'), 'utf8'), { connections: 2 });
  try {
    const kept = await journaled(db.system);
    await eventually(
      () => projectedUpTo(db.system),
      (sequence) => sequence >= kept,
    );
    await db.systemTransaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await checkOrders(tx, traders);
      await checkJournal(tx);
    });
    await checkBalances(db);
  } finally {
    await db.close();
  }
}

/** Waits until everybody has heard of everything and it all adds up; throws with what does not. */
export async function checkBalances(db: Database): Promise<void> {
  await eventually(
    () => lookForViolations(db.system, WHOLE_BOOKS),
    (violations) => violations.length === 0,
  );
  for (const [what, sql] of Object.entries(BALANCES))
    await eventually(
      async () => (await db.system.query<Record<string, unknown>>(sql)).rows,
      (rows) => rows.length === 0,
    ).catch((error: unknown) => {
      throw new Error(`${what}: ${(error as Error).message}`);
    });
}

interface OrderRow {
  readonly id: string;
  readonly client_order_id: string;
  readonly status: string;
  readonly filled_quantity: bigint;
}

async function checkOrders(tx: Sql, traders: readonly Trader[]): Promise<void> {
  for (const { email, sent, acknowledged } of traders) {
    const { rows } = await tx.query<OrderRow>(
      `SELECT o.id, o.client_order_id, o.status, o.filled_quantity
         FROM trading."order" o JOIN users."user" u ON u.id = o.user_id WHERE u.email = $1`,
      [email],
    );
    const byId = new Map(rows.map((row) => [`Order:${row.id}`, row]));
    for (const [id, { clientOrderId, status, filled }] of acknowledged) {
      const row = byId.get(id);
      const isEnded = status === 'FILLED' || status === 'CANCELLED';
      const isKept =
        row?.client_order_id === clientOrderId &&
        Number(row.filled_quantity) >= filled &&
        (!isEnded || row.status === status);
      if (!isKept)
        throw new Error(`order ${id} was acknowledged as ${status} and is ${JSON.stringify(row?.status)}`);
    }
    for (const row of rows)
      if (!sent.has(row.client_order_id)) throw new Error(`nobody asked for order ${row.id}`);
    if (new Set(rows.map(({ client_order_id }) => client_order_id)).size !== rows.length)
      throw new Error('a request made two orders');
  }
}

/** The last command that the journal holds. */
async function journaled(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ last: bigint | null }>(
    `SELECT max(sequence) AS last FROM trading.journal`,
  );
  return Number(rows[0]?.last ?? 0);
}

/** The journal, from its first command and from a snapshot, comes to what the tables say as far as they tell of it. */
async function checkJournal(tx: Sql): Promise<void> {
  const upTo = await projectedUpTo(tx);
  const recalled = await recallOms(tx, upTo);
  const whole = await recallOms(tx, upTo, true);
  if (!recalled || !whole) throw new Error('nothing was kept');
  const state = recalled.oms.state();
  if (hashOfOms(state) !== hashOfOms(whole.oms.state()))
    throw new Error('the journal alone and from a snapshot on are not the same');
  const stated = {
    accounts: new Map(state.accounts.map(({ userId, buyingPower }) => [userId, BigInt(buyingPower)])),
    orders: new Map(state.orders.map(([, order]) => [order.id, BigInt(order.filledQuantity)])),
  };
  const accounts = await tx.query<{ id: string; value: bigint }>(
    `SELECT user_id AS id, buying_power AS value FROM trading.account`,
  );
  const orders = await tx.query<{ id: string; value: bigint }>(
    `SELECT id, filled_quantity AS value FROM trading."order" WHERE ${IS_OPEN}`,
  );
  for (const [what, rows] of [
    ['accounts', accounts.rows],
    ['orders', orders.rows],
  ] as const) {
    const isSame = rows.every(({ id, value }) => stated[what].get(id) === value);
    if (!isSame || (what === 'orders' && rows.length !== stated.orders.size))
      throw new Error(`the journal and the tables disagree about ${what}`);
  }
}

const IS_OPEN = `(status IN ('AMO_PENDING', 'TRIGGER_PENDING', 'OPEN', 'PARTIALLY_FILLED'))`;

/** What must be empty once everybody has heard of everything, beside what is conserved. */
const BALANCES: Readonly<Record<string, string>> = {
  'numbers with a gap': `SELECT user_id FROM trading.order_event GROUP BY user_id
     HAVING min(sequence) <> 1 OR max(sequence) <> count(*)`,
  'orders that did not trade what their trades say': `SELECT o.id FROM trading."order" o
     WHERE ROW(filled_quantity, turnover) <> (SELECT coalesce(sum(quantity), 0), coalesce(sum(price * quantity), 0)
                                                FROM trading.trade WHERE order_id = o.id)`,
  'shares that were not traded': `SELECT user_id FROM trading.inventory i
     WHERE quantity <> (SELECT coalesce(sum(CASE t.side WHEN 'BUY' THEN t.quantity ELSE -t.quantity END), 0)
                          FROM trading.trade t JOIN trading."order" o ON o.id = t.order_id
                         WHERE t.user_id = i.user_id AND t.symbol = i.symbol AND o.product = i.product)`,
  'holds of orders that are over': `SELECT h.order_id FROM billing.order_hold h JOIN trading."order" o ON o.id = h.order_id
     WHERE h.done = ${IS_OPEN}`,
  'holds that are not what orders promise': `SELECT h.order_id FROM billing.order_hold h JOIN trading."order" o ON o.id = h.order_id
     WHERE o.side = 'BUY' AND ${IS_OPEN} AND h.held + h.settled <> o.hold`,
  'fills that were not booked': `SELECT t.user_id FROM trading.trade t GROUP BY t.user_id
     HAVING sum(CASE t.side WHEN 'SELL' THEN price * quantity ELSE -price * quantity END) <>
            (SELECT coalesce(sum(e.amount), 0) FROM billing.entry e
               JOIN billing.ledger_account l ON l.id = e.account_id
               JOIN billing.transfer f ON f.id = e.transfer_id
              WHERE l.user_id = t.user_id AND f.kind = 'FILL')`,
  'events that nobody could handle': `SELECT id FROM events.dead_letter`,
};
