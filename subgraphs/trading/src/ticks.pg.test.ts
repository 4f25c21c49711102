/** Ticks that are kept, as the graph shows them. */
import { openTestSubgraph, type TestSubgraph } from '@gridworks/kit/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Market } from './market.ts';
import type { Exchange } from './exchange.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';

const OPEN = Date.parse('2026-01-15T03:45:00.000Z');
const SYMBOL = 'KEPT';
const QUERY = `query ($from: DateTime!, $to: DateTime!, $first: Int!, $after: String) { instrument(symbol: "${SYMBOL}") {
  ticks(from: $from, to: $to, first: $first, after: $after) {
    edges { cursor node { sequence at price quantity bid ask } } pageInfo { hasNextPage endCursor } }
  tickSummary(from: $from, to: $to) { ticks volume turnover { amount currency } vwap open high low close } } }`;

interface Answer {
  readonly instrument: {
    readonly ticks: {
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly sequence: number } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    } | null;
    readonly tickSummary: object | null;
  };
}

/** A market that does what the test says. */
class Hands implements Market {
  constructor(readonly exchange: Exchange) {}

  start(): void {
    // Nothing moves by itself.
  }

  async stop(): Promise<void> {
    // And so nothing has to be ended.
  }

  async trade(price: bigint, quantity: bigint): Promise<void> {
    const asks = [{ price, quantity: 100n }];
    const bids = [{ price: price - 10n, quantity: 100n }];
    await this.exchange.act({ symbol: SYMBOL, kind: 'QUOTE', bids, asks });
    await this.exchange.act({ symbol: SYMBOL, kind: 'PRINT', side: 'BUY', price, quantity });
  }
}

let folder: string;
let trading: TestSubgraph;
let hands: Hands;
let nowMs = OPEN;

function openAt(env: NodeJS.ProcessEnv, url?: string): Promise<TestSubgraph> {
  return openTestSubgraph(
    (platform) =>
      createTrading({ ...platform, clock: () => nowMs }, (exchange) => (hands = new Hands(exchange))),
    { GRIDWORKS_SIMULATOR: 'on', GRIDWORKS_DATA: folder, ...env },
    url,
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridworks-ticks-'));
  trading = await openAt({ GRIDWORKS_TICKS: 'on' });
  await registerInstruments(trading.db.system, [
    {
      symbol: SYMBOL,
      name: 'Kept Limited',
      exchange: 'NSE',
      kind: 'EQUITY',
      isin: null,
      currency: 'INR',
      sector: null,
      tickSize: 10n,
      lotSize: 1n,
      referencePrice: 100_00n,
    },
  ]);
  await trading.data(`{ instrument(symbol: "${SYMBOL}") { lastPrice } }`);
});
afterAll(async () => {
  await trading.close();
  await rm(folder, { recursive: true, force: true });
});

function ask(from: number, to: number, first = 100, after?: string): Promise<Answer> {
  const [start, end] = [from, to].map((ms) => new Date(OPEN + ms).toISOString());
  return trading.data<Answer>(QUERY, { from: start, to: end, first, after });
}

describe('the ticks of an instrument', () => {
  it('are there at once, page by page, with what they come to, and after a restart', async () => {
    for (const [atMs, price, quantity] of [
      [0, 100_00n, 1n],
      [500, 101_00n, 3n],
      [500, 99_50n, 2n],
      [900, 100_50n, 1n],
    ] as const) {
      nowMs = OPEN + atMs;
      await hands.trade(price, quantity);
    }
    const { instrument } = await ask(0, 900);
    const nodes = instrument.ticks?.edges.map(({ node }) => node) ?? [];
    expect(nodes).toMatchObject([
      { at: '2026-01-15T03:45:00.000Z', price: '100.00', quantity: 1, bid: '99.90', ask: '100.00' },
      { at: '2026-01-15T03:45:00.500Z', price: '101.00', quantity: 3 },
      { at: '2026-01-15T03:45:00.500Z', price: '99.50', quantity: 2 },
    ]);
    expect(instrument.tickSummary).toEqual({
      ticks: 3,
      volume: 6,
      turnover: { amount: '602.00', currency: 'INR' },
      vwap: '100.33',
      open: '100.00',
      high: '101.00',
      low: '99.50',
      close: '99.50',
    });

    const first = (await ask(0, 1_000, 2)).instrument.ticks;
    expect(first?.pageInfo).toMatchObject({ hasNextPage: true });
    const rest = (await ask(0, 1_000, 2, first?.pageInfo.endCursor)).instrument.ticks;
    expect(rest?.pageInfo.hasNextPage).toBe(false);
    const sequences = [...(first?.edges ?? []), ...(rest?.edges ?? [])].map(({ node }) => node.sequence);
    expect(sequences).toHaveLength(4);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));

    await trading.subgraph.stop();
    await trading.subgraph.start();
    nowMs = OPEN + 2_000;
    await hands.trade(102_00n, 1n);
    expect((await ask(0, 3_000)).instrument.tickSummary).toMatchObject({ ticks: 5, close: '102.00' });
  });

  it('come to nothing where there are none', async () => {
    expect((await ask(10_000, 20_000)).instrument).toEqual({
      ticks: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } },
      tickSummary: {
        ticks: 0,
        volume: 0,
        turnover: { amount: '0.00', currency: 'INR' },
        vwap: null,
        open: null,
        high: null,
        low: null,
        close: null,
      },
    });
  });

  it.each([
    ['a span that ends before it begins', { from: 1, to: 0, first: 1 }],
    ['no ticks', { from: 0, to: 1, first: 0 }],
    ['more than a thousand', { from: 0, to: 1, first: 1_001 }],
  ])('are not given for %s', async (_what, { from, to, first }) => {
    await expect(ask(from, to, first)).rejects.toThrow('BAD_USER_INPUT');
  });

  it('are not given after what is no cursor', async () => {
    await expect(ask(0, 1, 1, 'x')).rejects.toThrow('BAD_USER_INPUT');
  });

  it('are null where none are kept', async () => {
    await trading.subgraph.stop();
    const other = await openAt({ GRIDWORKS_TICKS: 'off' }, trading.db.url);
    const from = new Date(OPEN).toISOString();
    expect(await other.data(QUERY, { from, to: from, first: 1 })).toEqual({
      instrument: { ticks: null, tickSummary: null },
    });
    await other.close();
    await trading.subgraph.start();
  });
});
