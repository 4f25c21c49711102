/**
 * The exchange's figures as dated data: tick sizes, price bands and how they flex, the market-wide breaker, order rate.
 * Each table names where its figures come from. Prices are paise.
 */
import { PRICE_MAX, type Direction, type Phase } from './command.ts';

/**
 * NSE, tick size by price in the capital market, in force since 15 April 2025: [first price above the row, tick]. Below
 * 250 rupees 0.01; to 1,000: 0.05; to 5,000: 0.10; to 10,000: 0.50; to 20,000: 1; above: 5. The first row excludes its
 * bound, the others include it. The tick is fixed from a reference price, not from the order's.
 */
const TICK_SIZES: readonly (readonly [highest: number, tick: number])[] = [
  [249_99, 1],
  [1_000_00, 5],
  [5_000_00, 10],
  [10_000_00, 50],
  [20_000_00, 1_00],
];
const TICK_ABOVE = 5_00;

/** `tickSizeOf(1_405_70)` -> `10`. */
export function tickSizeOf(referencePrice: number): number {
  for (const [highest, tick] of TICK_SIZES) if (referencePrice <= highest) return tick;
  return TICK_ABOVE;
}

/**
 * NSE, price bands: fixed at 2, 5, 10 or 20 % of the previous close; for scrips with derivatives a dynamic one that
 * begins at 10 %. In hundredths of a percent.
 */
export const BANDS_BPS: readonly number[] = [200, 500, 1_000, 2_000];
export const DYNAMIC_BAND_BPS = 1_000;

export interface Band {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The prices allowed within `bps` of a previous close, moved by `shiftBps` of it; both ends on tick, rounded inward, at
 * least one tick and no higher than may be asked. `bandOf(1_405_70, 1_000, 0, 10)` -> 1,265.20 to 1,546.20.
 */
export function bandOf(previousClose: number, bps: number, shiftBps: number, tick: number): Band {
  const step = 10_000 * tick;
  const lower = Math.ceil((previousClose * (10_000 - bps + shiftBps)) / step) * tick;
  const upper = Math.floor((previousClose * (10_000 + bps + shiftBps)) / step) * tick;
  const highest = Math.floor(PRICE_MAX / tick) * tick;
  const within = (price: number): number => Math.min(Math.max(price, tick), highest);
  return { lower: within(lower), upper: within(upper) };
}

/**
 * SEBI circular SEBI/HO/MRD/TPD-1/P/CIR/2024/58 of 24 May 2024, in force in steps from 3 June to 18 November 2024: a
 * dynamic band is flexed by 5 % of the previous close twice, by 3 % twice, then by 2 %, after cooling off for 15 minutes
 * (5 in the last half hour), 30 and 60 minutes. The opposite end slides along; resting orders outside are cancelled,
 * untriggered stops stay.
 */

export interface FlexStep {
  readonly bps: number;
  readonly coolingMs: number;
}

const MINUTE_MS = 60_000;
const LAST_HALF_HOUR_COOLING_MS = 5 * MINUTE_MS;

/** The step after `done` flexes of the day. */
export function flexStep(done: number, isLastHalfHour = false): FlexStep {
  if (done < 2) return { bps: 500, coolingMs: isLastHalfHour ? LAST_HALF_HOUR_COOLING_MS : 15 * MINUTE_MS };
  if (done < 4) return { bps: 300, coolingMs: 30 * MINUTE_MS };
  return { bps: 200, coolingMs: 60 * MINUTE_MS };
}

/** How far a band has slid, in hundredths of a percent of the previous close: up is positive. */
export function flexShift(done: number, shiftBps: number, direction: Direction): number {
  const { bps } = flexStep(done);
  return shiftBps + (direction === 'UP' ? bps : -bps);
}

/** What has traded within 0.10 % of the band's end since it last moved. */
export interface FlexEvidence {
  readonly trades: number;
  /** Distinct clients and members on the side that has the fewer. */
  readonly clients: number;
  readonly members: number;
}

/** Whether a band may be flexed (the same circular): 50 trades, and on each side 10 clients and 3 members. */
export function mayFlex({ trades, clients, members }: FlexEvidence): boolean {
  return trades >= 50 && clients >= 10 && members >= 3;
}

export interface Halt {
  /** How long nothing trades; Infinity for the rest of the day. */
  readonly haltMs: number;
  /** The call auction with which the market opens again. */
  readonly preOpenMs: number;
}

/**
 * SEBI circular CIR/MRD/DP/25/2013 of 3 September 2013, NSE circular 85/2013 of 11 October 2013: the halt of the whole
 * market when Nifty 50 or Sensex has moved by so much from its previous close. [level in bps, before this time of day,
 * halt in minutes]; the first row that fits counts.
 */
const HOUR_MS = 60 * MINUTE_MS;
const BREAKER: readonly (readonly [bps: number, beforeMs: number, haltMs: number])[] = [
  [2_000, 24 * HOUR_MS, Infinity],
  [1_500, 13 * HOUR_MS, 105 * MINUTE_MS],
  [1_500, 14 * HOUR_MS, 45 * MINUTE_MS],
  [1_500, 24 * HOUR_MS, Infinity],
  [1_000, 13 * HOUR_MS, 45 * MINUTE_MS],
  [1_000, 14.5 * HOUR_MS, 15 * MINUTE_MS],
];
const BREAKER_PRE_OPEN_MS = 15 * MINUTE_MS;

/**
 * The halt that an index level calls for, or null. Levels are in any one unit, the time is milliseconds since midnight
 * in India. `tripped` is the level of the day's last halt in bps (0 for none): each level halts the market once.
 */
export function breakerHalt(
  level: number,
  previousClose: number,
  timeMs: number,
  tripped = 0,
): (Halt & { readonly bps: number }) | null {
  const moved = Math.abs(level - previousClose) * 10_000;
  for (const [bps, beforeMs, haltMs] of BREAKER) {
    if (bps <= tripped || moved < bps * previousClose || timeMs >= beforeMs) continue;
    return { bps, haltMs, preOpenMs: haltMs === Infinity ? 0 : BREAKER_PRE_OPEN_MS };
  }
  return null;
}

/**
 * SEBI circular SEBI/HO/MIRSD/MIRSD-PoD/P/CIR/2025/0000013 of 4 February 2025, with the threshold that NSE circular
 * 471/2025 of 5 May 2025 sets for retail algorithms: 10 orders a second and client.
 * New orders and modifications count; what only takes risk away does not.
 */
export const ORDER_RATE_MAX = 10;
export const ORDER_RATE_WINDOW_MS = 1_000;

/** Where an instrument may go from each phase. */
const NEXT_PHASES: Readonly<Record<Phase, readonly Phase[]>> = {
  CLOSED: ['PRE_OPEN', 'CONTINUOUS'],
  PRE_OPEN: ['BUFFER', 'CONTINUOUS', 'HALTED', 'CLOSED'],
  BUFFER: ['CONTINUOUS', 'HALTED', 'CLOSED'],
  CONTINUOUS: ['HALTED', 'CLOSED'],
  HALTED: ['PRE_OPEN', 'CONTINUOUS', 'CLOSED'],
};

export function canGo(from: Phase, to: Phase): boolean {
  return NEXT_PHASES[from].includes(to);
}
