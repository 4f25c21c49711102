/** What is wrong with a file of recorded trades or quotes of one day, and the minute candles that its trades make. */
import { formatDecimal } from '@gridworks/kit/money';
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import { clockTime, instantOf, type MarketHours } from '../calendar.ts';
import { CandleBuilder, type Candle } from '../candle.ts';
import type { BadRow, MarketFile, QuoteRow, TradeRow } from './file.ts';
import { findBadTicks } from './outlier.ts';

export interface TickOptions {
  /** The day of the file, `YYYY-MM-DD`. */
  readonly date: string;
  readonly hours: MarketHours;
  /** Whether trades that are bad or marked suspicious are kept. */
  readonly keepBad: boolean;
}

export interface TickPlace {
  readonly line: number;
  /** Time of day. */
  readonly at: string;
  readonly price: string;
}

interface TickRows {
  readonly read: number;
  readonly bad: number;
  readonly quarantined: number;
  readonly kept: number;
}

export interface TradeReport {
  readonly format: 'TRADES';
  readonly date: string;
  readonly zone: string;
  readonly first: string;
  readonly last: string;
  readonly rows: TickRows;
  readonly badRows: readonly BadRow[];
  readonly roundedPrices: number;
  readonly outOfOrder: number;
  /** Trades that share their millisecond with the one before: usual, and kept. */
  readonly sameMillisecond: number;
  readonly suspicious: number;
  readonly zeroSize: number;
  readonly beforeOpen: number;
  readonly afterClose: number;
  readonly venues: number;
  readonly lowest: string;
  readonly highest: string;
  /** Units traded, of the kept ones. */
  readonly volume: string;
  readonly badTicks: readonly (TickPlace & { readonly around: string })[];
  readonly bars: number;
}

export interface QuoteReport {
  readonly format: 'QUOTES';
  readonly date: string;
  readonly zone: string;
  readonly first: string;
  readonly last: string;
  readonly rows: TickRows;
  readonly badRows: readonly BadRow[];
  readonly roundedPrices: number;
  readonly outOfOrder: number;
  readonly sameMillisecond: number;
  readonly suspicious: number;
  /** Rows by the sides they tell about; the other side of a one-sided row is written as zero. */
  readonly bidOnly: number;
  readonly askOnly: number;
  readonly bothSides: number;
  readonly neitherSide: number;
  readonly zeroSize: number;
  readonly venues: number;
  /** Rows after which the best bid stands above the best ask, or at it. */
  readonly crossed: number;
  readonly locked: number;
}

/** Trades that are marked suspicious, of no size, or far off their neighbours are set aside. */
export function inspectTrades(
  file: Extract<MarketFile, { kind: 'TRADES' }>,
  options: TickOptions,
):
  | {
      readonly report: TradeReport;
      readonly candles: readonly Candle[];
      readonly trades: readonly TradeRow[];
    }
  | Refusal<'NO_ROWS'> {
  const { rows: ordered, outOfOrder } = inOrder(file.rows);
  if (ordered.length === 0) return refuse('NO_ROWS', `None of the ${file.read} rows can be used.`);
  const { openMs, closeMs, zone } = options.hours;
  const ticks = findBadTicks(
    ordered.map(({ price }) => ({ open: price, high: price, low: price, close: price })),
    'ONE_MINUTE',
  );
  const bad = new Set(ticks.map(({ index }) => index));
  const kept = options.keepBad
    ? ordered
    : ordered.filter((row, index) => !row.isSuspicious && !bad.has(index) && row.size > 0n);
  const candles = buildMinutes(kept, options);
  const prices = kept.map(({ price }) => price);
  return {
    trades: kept,
    candles,
    report: {
      format: 'TRADES',
      date: options.date,
      zone,
      ...span(ordered),
      rows: {
        read: file.read,
        bad: file.bad.length,
        quarantined: ordered.length - kept.length,
        kept: kept.length,
      },
      badRows: file.bad,
      roundedPrices: file.rounded,
      outOfOrder,
      sameMillisecond: sameMillisecond(ordered),
      suspicious: ordered.filter(({ isSuspicious }) => isSuspicious).length,
      zeroSize: ordered.filter(({ size }) => size === 0n).length,
      beforeOpen: kept.filter(({ timeMs }) => timeMs < openMs).length,
      afterClose: kept.filter(({ timeMs }) => timeMs >= closeMs).length,
      venues: venues(ordered),
      lowest: formatDecimal(prices.reduce((low, price) => (price < low ? price : low), prices[0] ?? 0n)),
      highest: formatDecimal(prices.reduce((high, price) => (price > high ? price : high), 0n)),
      volume: kept.reduce((sum, { size }) => sum + size, 0n).toString(),
      badTicks: ticks.map(({ index, around }) => {
        const { line, timeMs, price } = ordered[index] as TradeRow;
        return { line, at: clockTime(timeMs), price: formatDecimal(price), around: formatDecimal(around) };
      }),
      bars: candles.length,
    },
  };
}

export function inspectQuotes(
  file: Extract<MarketFile, { kind: 'QUOTES' }>,
  options: TickOptions,
): { readonly report: QuoteReport; readonly quotes: readonly QuoteRow[] } | Refusal<'NO_ROWS'> {
  const { rows: ordered, outOfOrder } = inOrder(file.rows);
  if (ordered.length === 0) return refuse('NO_ROWS', `None of the ${file.read} rows can be used.`);
  const isUsable = ({ bid, ask, isSuspicious }: QuoteRow): boolean => !isSuspicious && (bid > 0n || ask > 0n);
  const kept = options.keepBad ? ordered : ordered.filter(isUsable);
  const count = (is: (row: QuoteRow) => boolean): number => ordered.filter(is).length;
  return {
    quotes: kept,
    report: {
      format: 'QUOTES',
      date: options.date,
      zone: options.hours.zone,
      ...span(ordered),
      rows: {
        read: file.read,
        bad: file.bad.length,
        quarantined: ordered.length - kept.length,
        kept: kept.length,
      },
      badRows: file.bad,
      roundedPrices: file.rounded,
      outOfOrder,
      sameMillisecond: sameMillisecond(ordered),
      suspicious: count(({ isSuspicious }) => isSuspicious),
      bidOnly: count(({ bid, ask }) => bid > 0n && ask === 0n),
      askOnly: count(({ bid, ask }) => bid === 0n && ask > 0n),
      bothSides: count(({ bid, ask }) => bid > 0n && ask > 0n),
      neitherSide: count(({ bid, ask }) => bid === 0n && ask === 0n),
      zeroSize: count(
        ({ bid, bidSize, ask, askSize }) => (bid > 0n && bidSize === 0n) || (ask > 0n && askSize === 0n),
      ),
      venues: venues(ordered),
      ...crossings(kept),
    },
  };
}

function inOrder<Row extends { readonly timeMs: number }>(
  rows: readonly Row[],
): { rows: readonly Row[]; outOfOrder: number } {
  let latest = -Infinity;
  let outOfOrder = 0;
  for (const { timeMs } of rows) {
    if (timeMs < latest) outOfOrder += 1;
    latest = Math.max(latest, timeMs);
  }
  // Sorting is stable: trades of one millisecond stay in the order of the file.
  return { rows: outOfOrder === 0 ? rows : [...rows].sort((a, b) => a.timeMs - b.timeMs), outOfOrder };
}

function buildMinutes(trades: readonly TradeRow[], { date, hours }: TickOptions): Candle[] {
  const midnight = instantOf(hours.zone, date, 0);
  const builder = new CandleBuilder('ONE_MINUTE');
  const candles: Candle[] = [];
  for (const { timeMs, price, size } of trades) {
    const { closed } = builder.add({ at: midnight + timeMs, price, quantity: size });
    if (closed) candles.push(closed);
  }
  if (builder.current) candles.push(builder.current);
  return candles;
}

function span(rows: readonly { readonly timeMs: number }[]): { first: string; last: string } {
  return { first: clockTime(rows[0]?.timeMs ?? 0), last: clockTime(rows.at(-1)?.timeMs ?? 0) };
}

function sameMillisecond(rows: readonly { readonly timeMs: number }[]): number {
  return rows.filter(({ timeMs }, index) => index > 0 && rows[index - 1]?.timeMs === timeMs).length;
}

function venues(rows: readonly { readonly venue: string }[]): number {
  return new Set(rows.map(({ venue }) => venue)).size;
}

function crossings(rows: readonly QuoteRow[]): { crossed: number; locked: number } {
  const best = { bid: 0n, ask: 0n };
  let crossed = 0;
  let locked = 0;
  for (const { bid, ask } of rows) {
    if (bid > 0n) best.bid = bid;
    if (ask > 0n) best.ask = ask;
    if (best.bid === 0n || best.ask === 0n) continue;
    if (best.bid > best.ask) crossed += 1;
    if (best.bid === best.ask) locked += 1;
  }
  return { crossed, locked };
}
