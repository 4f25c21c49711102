/** What can be quoted: how it is named, and the grid of prices on which it moves. Prices are minor units. */
import type { Currency } from '@gridworks/kit/money';

export const EXCHANGES = ['NSE', 'BSE'] as const;
export const INSTRUMENT_KINDS = ['EQUITY', 'INDEX', 'ETF'] as const;

export type Exchange = (typeof EXCHANGES)[number];
export type InstrumentKind = (typeof INSTRUMENT_KINDS)[number];

export interface Instrument {
  /** Unique: NSE listings bare (`RELIANCE`), BSE listings prefixed (`BSE:RELIANCE`). */
  readonly symbol: string;
  readonly name: string;
  readonly exchange: Exchange;
  readonly kind: InstrumentKind;
  /** ISO 6166; null where none is issued (indices) or known. */
  readonly isin: string | null;
  readonly currency: Currency;
  readonly sector: string | null;
  /** Smallest step of its price. */
  readonly tickSize: bigint;
  /** Orders are for whole multiples of it. */
  readonly lotSize: bigint;
  /** The price that the day's band is measured from; the previous close as a rule. */
  readonly referencePrice: bigint;
}

/** Indices are published, not traded. */
export function isTradable(instrument: Pick<Instrument, 'kind'>): boolean {
  return instrument.kind !== 'INDEX';
}

const BSE_PREFIX = 'BSE:';
const LISTING = /^[A-Z0-9][A-Z0-9&._-]{0,29}$/;

/**
 * Whether the text is a symbol: 1 to 30 of `A-Z 0-9 & . _ -`, the first a letter or digit (`M&M`, `BAJAJ-AUTO`,
 * `20MICRONS`), after `BSE:` where the listing is of BSE.
 */
export function isSymbol(text: string): boolean {
  return LISTING.test(listingOf(text));
}

export function exchangeOf(symbol: string): Exchange {
  return symbol.startsWith(BSE_PREFIX) ? 'BSE' : 'NSE';
}

/** The symbol of a listing: `symbolOf('BSE', 'RELIANCE')` -> `BSE:RELIANCE`. */
export function symbolOf(exchange: Exchange, listing: string): string {
  return exchange === 'BSE' ? BSE_PREFIX + listing : listing;
}

/** The symbol as its exchange writes it, without the prefix. */
export function listingOf(symbol: string): string {
  return symbol.startsWith(BSE_PREFIX) ? symbol.slice(BSE_PREFIX.length) : symbol;
}

const FIVE_CENTS = 5n;
const CENT = 1n;

/** [highest price in the band, tick size], both in paise; the first row excludes its bound (below 250, not up to 250). */
const TICK_BANDS: readonly (readonly [bigint, bigint])[] = [
  [249_99n, 1n],
  [1_000_00n, 5n],
  [5_000_00n, 10n],
  [10_000_00n, 50n],
  [20_000_00n, 1_00n],
];
const TICK_ABOVE = 5_00n;

/**
 * The tick size that a price falls under, in minor units. Equities in rupees follow NSE's bands in force since
 * 15 April 2025 (NSE circular on the revision of tick sizes in the capital market segment): below 250: 0.01; to
 * 1,000: 0.05; to 5,000: 0.10; to 10,000: 0.50; to 20,000: 1; above: 5. Example: `tickSizeFor(1_405_70n)` -> `10n`.
 * Index values are published in steps of 0.05; exchange-traded funds, and whatever is quoted in dollars, move by 0.01.
 * The exchange fixes an instrument's tick for a month from its last close, so this is asked of a reference price.
 */
export function tickSizeFor(
  price: bigint,
  kind: InstrumentKind = 'EQUITY',
  currency: Currency = 'INR',
): bigint {
  if (currency === 'USD' || kind === 'ETF') return CENT;
  if (kind === 'INDEX') return FIVE_CENTS;
  for (const [upTo, tick] of TICK_BANDS) if (price <= upTo) return tick;
  return TICK_ABOVE;
}

/** First days on which the tick sizes before the present ones, and the ones before those, no longer held. */
const BANDS_FROM = '2025-04-15';
const PAISA_TICK_FROM = '2024-06-10';

/**
 * The tick size that a price fell under on a date. Equities of NSE moved by 0.05 at any price until 10 June 2024, when
 * those below 250 went to 0.01 (NSE circular of 24 May 2024), and by price bands since 15 April 2025.
 */
export function tickSizeOn(
  date: string,
  price: bigint,
  kind: InstrumentKind = 'EQUITY',
  currency: Currency = 'INR',
): bigint {
  const today = tickSizeFor(price, kind, currency);
  if (kind !== 'EQUITY' || currency !== 'INR' || date >= BANDS_FROM) return today;
  return date >= PAISA_TICK_FROM && today === CENT ? CENT : FIVE_CENTS;
}

export function isOnTick(price: bigint, tickSize: bigint): boolean {
  return price % tickSize === 0n;
}

export interface PriceBand {
  readonly lower: bigint;
  readonly upper: bigint;
}

/**
 * The prices allowed within `bps` hundredths of a percent around a reference, both bounds on tick and rounded inward:
 * no price outside the exact band is ever allowed. The lower bound is at least one tick.
 * Example: `priceBand(1_405_70n, 1_000, 10n)` -> 1,265.20 to 1,546.20.
 */
export function priceBand(
  reference: bigint,
  bps: number,
  tickSize: bigint = tickSizeFor(reference),
): PriceBand {
  const share = BigInt(bps);
  const lowest = reference * (10_000n - share);
  const highest = reference * (10_000n + share);
  const lower = -floorTo(-lowest, 10_000n * tickSize) / 10_000n;
  const upper = floorTo(highest, 10_000n * tickSize) / 10_000n;
  return { lower: lower < tickSize ? tickSize : lower, upper: upper < tickSize ? tickSize : upper };
}

function floorTo(value: bigint, step: bigint): bigint {
  const rest = value % step;
  return rest < 0n ? value - rest - step : value - rest;
}
