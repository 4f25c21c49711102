/**
 * `npm run rehearse -- FILE ...`: plays a file of bars through a running graph while somebody new trades in it, and
 * compares every day and what the trades brought with a reckoning of their own, to the paisa.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readConfig } from '@gridworks/kit/config';
import { formatDecimal, parseDecimal } from '@gridworks/kit/money';
import { BuyDocument, PlayDocument } from '@gridworks/schema/operations';
import { readMarketFile } from '@gridworks/trading/domain/bars/file';
import { inspectBars } from '@gridworks/trading/domain/bars/inspect';
import { pathOf } from '@gridworks/trading/domain/bars/path';
import { Calendar, INDIAN_HOLIDAYS, INDIAN_HOURS } from '@gridworks/trading/domain/calendar';
import type { Candle } from '@gridworks/trading/domain/candle';
import { istDate } from '@gridworks/kit/time';
import { GraphClient, eventually } from '../e2e/client.ts';
import { newTrader } from '../e2e/orders.ts';
import { answered, readText } from './import.ts';
import {
  Reckoning,
  readBars,
  readFactors,
  readWishes,
  type Bar,
  type Day,
  type Wish,
} from './rehearse/reckoning.ts';

const USAGE = `Usage: npm run rehearse -- FILE --symbol SYMBOL --trades FILE [options]

Plays FILE (bars, as npm run import reads them) through the exchange of the running server. Somebody new trades at the
close of the bars that the file of trades names (date[,time],side,quantity: 2015-08-21,BUY,100), in whole shares at a
tick beyond the close. Then it compares each day's prices and volume, the stored candles, and the profit that the trades
made, with what the rows of the files themselves come to; ends with 1 where they differ.

  --symbol SYMBOL    the instrument: a share, imported from FILE before
  --trades FILE      what is traded
  --factors FILE     adjustment factors, imported before: the splits that the trades live through
  --from, --to DATE  the days to play, both included; default all
  --url URL          default http://127.0.0.1:PORT`;

const PRINTS_MAX = 500;

interface Played {
  readonly bar: Bar;
  readonly candle: Candle;
}

interface Quote {
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly last: string;
  readonly volume: number | string;
}

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      symbol: { type: 'string' },
      trades: { type: 'string' },
      factors: { type: 'string' },
      from: { type: 'string', default: '0000' },
      to: { type: 'string', default: '9999' },
      url: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const [path] = positionals;
  const symbol = values.symbol?.toUpperCase();
  if (path === undefined || symbol === undefined || values.trades === undefined)
    throw new Error(`Which file, which instrument, which trades?\n\n${USAGE}`);
  const { host, port } = readConfig();
  const url = values.url ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;

  const played = barsOf(path, values.from, values.to);
  const wishes = readWishes(readText(values.trades));
  const missed = wishes.find((wished) => !played.some(({ bar }) => isAt(wished, bar)));
  if (missed)
    throw new Error(
      `There is no bar of ${missed.date} ${missed.time}`.trim() + ' to trade at among those that are played.',
    );
  const reckoning = new Reckoning(values.factors === undefined ? [] : readFactors(readText(values.factors)));
  const rehearsal = await Rehearsal.begin(url, symbol);
  for (const [index, each] of played.entries()) {
    await rehearsal.play(each.candle, each.bar.time === '');
    reckoning.bar(each.bar);
    for (const wish of wishes.filter((wished) => isAt(wished, each.bar))) {
      const price = reckoning.fill(wish, rehearsal.tickSize);
      await rehearsal.trade(wish, price);
    }
    if (played[index + 1]?.bar.date !== each.bar.date)
      await rehearsal.compareDay(each.bar.date, reckoning.days.get(each.bar.date) as Day);
  }
  await rehearsal.compareCandles(played);
  await rehearsal.compareProfit(reckoning.result());
  rehearsal.end(wishes.length);
}

/** What the file holds that can be played: each bar as it was read by hand, and as the product reads it. */
function barsOf(path: string, from: string, to: string): Played[] {
  const text = readText(path);
  const file = answered(readMarketFile(text));
  if (file.kind !== 'BARS') throw new Error('Only bars can be rehearsed.');
  const { report, candles } = answered(
    inspectBars(file, {
      kind: 'EQUITY',
      currency: 'INR',
      hours: INDIAN_HOURS,
      calendar: new Calendar(INDIAN_HOLIDAYS),
      actions: [],
      keepBad: false,
    }),
  );
  const flagged = new Set(report.badTicks.map(({ at }) => at));
  for (const { at, prices } of report.badTicks)
    console.log(
      `Left out as a bad tick: ${at} ${prices.map(({ field, price }) => `${field} ${price}`).join(', ')}`,
    );
  const bars = readBars(text).filter(
    ({ date, time }) => !flagged.has(time === '' ? date : `${date} ${time}`),
  );
  if (bars.length !== candles.length)
    throw new Error(
      `${candles.length} bars are kept of ${bars.length}: rehearse a file without bad or doubled rows.`,
    );
  return candles
    .map((candle, index) => ({ candle, bar: bars[index] as Bar }))
    .filter(({ bar }) => bar.date >= from && bar.date <= to);
}

function isAt(wish: Wish, bar: Bar): boolean {
  return wish.date === bar.date && wish.time === bar.time;
}

/** A graph in which a file is played, somebody who trades there, and what did not come out as it was reckoned. */
class Rehearsal {
  #agreed = 0;
  readonly #differences: string[] = [];

  private constructor(
    private readonly operator: GraphClient,
    private readonly trader: GraphClient,
    private readonly symbol: string,
    readonly tickSize: bigint,
  ) {}

  static async begin(url: string, symbol: string): Promise<Rehearsal> {
    const operator = await new GraphClient(url).signedInAs('ops');
    const { instrument } = await operator.data<{ instrument: { tickSize: string } | null }>(
      `query ($symbol: String!) { instrument(symbol: $symbol) { tickSize } }`,
      { symbol },
    );
    if (!instrument) throw new Error(`The server does not know ${symbol}: import it first.`);
    return new Rehearsal(operator, await newTrader(url), symbol, minor(instrument.tickSize));
  }

  async play(candle: Candle, isDaily: boolean): Promise<void> {
    const prints = pathOf(candle, isDaily ? 'ONE_DAY' : 'ONE_MINUTE').map(({ at, price, quantity }) => ({
      at: new Date(at).toISOString(),
      price: formatDecimal(price),
      quantity: Number(quantity),
    }));
    for (let from = 0; from < prints.length; from += PRINTS_MAX) {
      const input = { symbol: this.symbol, prints: prints.slice(from, from + PRINTS_MAX) };
      const { playMarket } = await this.operator.data(PlayDocument, { input });
      if (playMarket.refusal) throw new Error(`The exchange refuses: ${playMarket.refusal.message}`);
    }
  }

  /** Trades at the market, and expects this price. */
  async trade({ date, time, side, quantity }: Wish, price: bigint): Promise<void> {
    const input = {
      clientOrderId: randomUUID(),
      symbol: this.symbol,
      side,
      type: 'MARKET' as const,
      product: 'CNC' as const,
      quantity: Number(quantity),
      limitPrice: null,
    };
    const { placeOrder } = await this.trader.data(BuyDocument, { input });
    const { order, refusal } = placeOrder;
    const what = `${date} ${time}`.trim();
    if (order?.status !== 'FILLED')
      throw new Error(`${what} ${side} ${quantity}: ${refusal?.code ?? order?.status ?? 'no answer'}`);
    console.log(`${what} ${side} ${quantity} at ${order.averagePrice}`);
    this.#compare(`${what} price`, order.averagePrice, formatDecimal(price));
  }

  async compareDay(date: string, day: Day): Promise<void> {
    const { instrument } = await this.operator.data<{ instrument: { quote: Quote } }>(
      `query ($symbol: String!) { instrument(symbol: $symbol) { quote { open high low last volume } } }`,
      { symbol: this.symbol },
    );
    const { open, high, low, last, volume } = instrument.quote;
    this.#compare(
      `${date} open, high, low, close, volume`,
      [open, high, low, last, volume].join(' '),
      [...[day.open, day.high, day.low, day.last].map(formatDecimal), day.volume].join(' '),
    );
  }

  /** The newest thousand that were imported are the rows of the file. */
  async compareCandles(played: readonly Played[]): Promise<void> {
    const last = played.at(-1);
    if (!last) throw new Error('There is nothing to play in these days.');
    const interval = last.bar.time === '' ? 'ONE_DAY' : 'ONE_MINUTE';
    const { instrument } = await this.operator.data<{
      instrument: { candles: (Quote & { start: string; close: string })[] };
    }>(
      `query ($symbol: String!, $interval: CandleInterval!, $before: DateTime!) { instrument(symbol: $symbol) {
         candles(interval: $interval, last: 1000, before: $before) { start open high low close volume } } }`,
      { symbol: this.symbol, interval, before: new Date(last.candle.start + 1).toISOString() },
    );
    const stored = new Map(
      instrument.candles.map(({ start, open, high, low, close, volume }) => [
        Date.parse(start),
        [open, high, low, close, volume].join(' '),
      ]),
    );
    for (const { candle, bar } of played.slice(-stored.size))
      this.#compare(
        `stored candle of ${istDate(candle.start)} ${bar.time}`,
        stored.get(candle.start) ?? 'none',
        [...[bar.open, bar.high, bar.low, bar.close].map(formatDecimal), bar.volume].join(' '),
      );
  }

  async compareProfit({ quantity, realised, unrealised }: ReturnType<Reckoning['result']>): Promise<void> {
    const expected = `${quantity} left, ${formatDecimal(realised)} realised, ${formatDecimal(unrealised)} unrealised`;
    const told = await eventually(
      () => this.#profit(),
      (profit) => profit === expected,
      5_000,
    ).catch(() => this.#profit());
    console.log(`Profit before charges: ${told}`);
    this.#compare('profit', told, expected);
  }

  async #profit(): Promise<string> {
    const { me } = await this.trader.data<{
      me: {
        portfolio: {
          realisedPnl: { amount: string };
          unrealisedPnl: { amount: string };
          holdings: { edges: { node: { quantity: number } }[] };
        };
      };
    }>(
      `{ me { portfolio { realisedPnl { amount } unrealisedPnl { amount } holdings(first: 2) { edges { node { quantity } } } } } }`,
    );
    const { realisedPnl, unrealisedPnl, holdings } = me.portfolio;
    const quantity = holdings.edges.reduce((sum, { node }) => sum + node.quantity, 0);
    return `${quantity} left, ${realisedPnl.amount} realised, ${unrealisedPnl.amount} unrealised`;
  }

  end(trades: number): void {
    if (this.#differences.length > 0)
      throw new Error(
        `${this.#differences.length} differences:\n${this.#differences.slice(0, 20).join('\n')}`,
      );
    console.log(`${this.#agreed} comparisons agree to the paisa, ${trades} trades among them.`);
  }

  #compare(what: string, told: unknown, reckoned: string): void {
    if (String(told) === reckoned) this.#agreed += 1;
    else this.#differences.push(`${what}: the graph says ${String(told)}, the reckoning ${reckoned}`);
  }
}

function minor(text: string): bigint {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`"${text}" is no price.`);
  return value;
}
