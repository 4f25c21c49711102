/**
 * The exchange on a database of its own, people who have cash and shares, and in a process of their own those who follow
 * its events, as where each domain has its own.
 */
import type { UserCaller } from '@gridworks/kit/caller';
import { readConfig } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { startPostgres } from '@gridworks/kit/postgres';
import { isRefusal } from '@gridworks/kit/refusal';
import { createPlatform, type Platform } from '@gridworks/kit/subgraph';
import { migrate } from '@gridworks/prisma/migrate';
import { PLAIN } from '@gridworks/trading/domain/order';
import { creditAccounts } from '@gridworks/trading/events';
import { Exchange } from '@gridworks/trading/exchange';
import { InstrumentStore, registerInstruments } from '@gridworks/trading/store/instrument';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwn, type Running } from '../harness/process.ts';
import type { FollowersTask } from '../processes/followers.ts';

export const REFERENCE_PRICE = 1_000_00n;
export const TICK = 10n;
const OPENING_CREDIT = '1000000000.00';
const SHARES_EACH = 100_000n;
const CONSUMERS = ['billing.wallets', 'trading.accounts', 'trading.positions'] as const;

export interface Stage {
  readonly exchange: Exchange;
  readonly symbols: readonly string[];
  readonly people: readonly UserCaller[];
  /** Events that each consumer has still to hear of. */
  lag(): Promise<Readonly<Record<string, number>>>;
  /** Resolves when everybody has heard of everything. */
  heard(): Promise<void>;
  stop(): Promise<void>;
}

/** Durable as in service: every commit waits for the disk. */
export async function openStage(peopleCount: number, symbolCount: number): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const server = await startPostgres({ dataDir: join(folder, 'postgres') });
  const discard = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.synced;
    await migrate(server.url);
    const db = new Database(server.url);
    const config = readConfig({ LOG_LEVEL: 'error' });
    const platform = createPlatform(config, db, 'bench');
    const symbols = Array.from({ length: symbolCount }, (_, index) => `SHARE${index}`);
    await registerInstruments(db.system, symbols.map(instrumentOf));
    const { bus, clock, log } = platform;
    const exchange = new Exchange(db, bus, clock, log, new InstrumentStore(db), 1_000_000);
    bus.on(creditAccounts(exchange));
    await exchange.start();
    await bus.start();
    const task = { databaseUrl: server.url, openingCredit: OPENING_CREDIT } satisfies FollowersTask;
    const followers = startOwn(null, 'followers', task);
    const heard = (): Promise<void> => everythingHeard(platform, followers);
    const stop = async (): Promise<void> => {
      await followers.stop();
      await bus.stop();
      await exchange.stop();
      await db.close();
      await discard();
    };
    const people = await welcome(platform, exchange, heard, symbols, peopleCount);
    return { exchange, symbols, people, lag: () => lagOf(db), heard, stop };
  } catch (error) {
    await discard();
    throw error;
  }
}

function instrumentOf(symbol: string): Parameters<typeof registerInstruments>[1][number] {
  return {
    symbol,
    name: symbol,
    exchange: 'NSE',
    kind: 'EQUITY',
    isin: null,
    currency: 'INR',
    sector: null,
    tickSize: TICK,
    lotSize: 1n,
    referencePrice: REFERENCE_PRICE,
  };
}

/** What the exchange has done is heard by those who follow, and what they give back by the exchange. */
async function everythingHeard({ bus }: Platform, followers: Running): Promise<void> {
  await bus.settled();
  await followers.ask('settled');
  await bus.settled();
}

/** People sign up, billing gives them cash, and each buys shares of one instrument from the market. */
async function welcome(
  { db }: Platform,
  exchange: Exchange,
  heard: () => Promise<void>,
  symbols: readonly string[],
  count: number,
): Promise<readonly UserCaller[]> {
  const tenantId = newId();
  const people = Array.from({ length: count }, (): UserCaller => {
    const userId = newId();
    return { kind: 'user', userId, tenantId, tier: 'LITE', roles: ['TRADER'] };
  });
  await publish(
    db.system,
    people.map(({ userId }) => ({
      topic: 'users.registered' as const,
      key: userId,
      tenantId,
      payload: { userId, displayName: 'Somebody', tier: 'LITE' },
    })),
  );
  await heard();
  const bids = [{ price: REFERENCE_PRICE - TICK, quantity: 1n }];
  const asks = [{ price: REFERENCE_PRICE, quantity: SHARES_EACH * BigInt(count) }];
  for (const symbol of symbols) await exchange.act({ kind: 'QUOTE', symbol, bids, asks });
  const bought = await Promise.all(
    people.map((person, index) =>
      exchange.placeOrder(person, {
        ...PLAIN,
        clientOrderId: 'first',
        symbol: symbols[index % symbols.length] ?? '',
        side: 'BUY',
        type: 'LIMIT',
        product: 'CNC',
        validity: 'IOC',
        quantity: SHARES_EACH,
        limitPrice: REFERENCE_PRICE,
      }),
    ),
  );
  for (const symbol of symbols) await exchange.act({ kind: 'QUOTE', symbol, bids: [], asks: [] });
  const refused = bought.find((each) => isRefusal(each));
  if (refused) throw new Error(`somebody could not buy: ${JSON.stringify(refused)}`);
  await heard();
  return people;
}

async function lagOf(db: Database): Promise<Readonly<Record<string, number>>> {
  const topics: Readonly<Record<(typeof CONSUMERS)[number], readonly string[]>> = {
    'billing.wallets': [
      'users.registered',
      'orders.created',
      'orders.modified',
      'orders.executed',
      'orders.cancelled',
    ],
    'trading.accounts': ['users.registered', 'wallets.credited'],
    'trading.positions': ['orders.executed'],
  };
  const lags = await Promise.all(
    CONSUMERS.map(async (name): Promise<[string, number]> => {
      const { rows } = await db.system.query<{ events: bigint }>(
        `SELECT count(*) AS events FROM events.log l, events.consumer c
          WHERE c.name = $1 AND (l.xid, l.pos) > (c.xid, c.pos) AND l.topic = ANY ($2)`,
        [name, topics[name]],
      );
      return [name, Number(rows[0]?.events ?? 0)];
    }),
  );
  return Object.fromEntries(lags);
}
