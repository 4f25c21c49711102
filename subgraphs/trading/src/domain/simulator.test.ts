import { beforeAll, describe, expect, it } from 'vitest';
import { priceBand, tickSizeFor } from './instrument.ts';
import { YEAR_S } from './market-model.ts';
import {
  BAND_BPS,
  LEVELS,
  activity,
  createSimulator,
  type MarketAction,
  type SimulatedInstrument,
} from './simulator.ts';

const OPEN = Date.parse('2026-01-15T03:45:00.000Z');
const STEP = 250;

function stock(symbol: string, price: bigint, more: Partial<SimulatedInstrument> = {}): SimulatedInstrument {
  return {
    symbol,
    tickSize: tickSizeFor(price),
    lotSize: 1n,
    referencePrice: price,
    lastPrice: price,
    sector: 'Banks',
    ...more,
  };
}

const STOCKS = [
  stock('CHEAP', 10_20n),
  stock('PENNY', 2_00n),
  stock('MIDDLE', 905_00n, { lotSize: 25n }),
  stock('DEAR', 152_500_00n),
];
const bySymbol = new Map(STOCKS.map((each) => [each.symbol, each]));

function run(seed: string, instruments: readonly SimulatedInstrument[], steps: number): MarketAction[] {
  const simulator = createSimulator(seed, instruments);
  return Array.from({ length: steps }, (_, step) => simulator.step(OPEN + step * STEP)).flat();
}

type Of<K extends MarketAction['kind']> = Extract<MarketAction, { kind: K }>;
function only<K extends MarketAction['kind']>(actions: readonly MarketAction[], kind: K): Of<K>[] {
  return actions.filter((action): action is Of<K> => action.kind === kind);
}

const HOUR_STEPS = 4 * 3_600;
let hour: MarketAction[];
beforeAll(() => {
  hour = run('a seed', STOCKS, HOUR_STEPS);
});

describe('createSimulator', () => {
  it('makes the same market from the same seed, and another from another', () => {
    expect(run('one', STOCKS, 200)).toEqual(run('one', STOCKS, 200));
    expect(run('one', STOCKS, 200)).not.toEqual(run('two', STOCKS, 200));
  });

  it('leaves the others alone when an instrument is added', () => {
    const without = run('one', STOCKS, 200);
    const others = run('one', [...STOCKS, stock('MORE', 50_00n)], 200).filter(
      ({ symbol }) => symbol !== 'MORE',
    );
    expect(others).toEqual(without);
  });

  it('moves the listings of one company as one', () => {
    const pair = [stock('TCS', 3_140_00n), stock('BSE:TCS', 3_140_00n)];
    const quotes = only(run('pair', pair, 4_000), 'QUOTE');
    const lastBid = (symbol: string): bigint =>
      quotes.findLast((each) => each.symbol === symbol)!.bids[0]!.price;
    const apart = lastBid('TCS') - lastBid('BSE:TCS');
    expect(lastBid('TCS')).not.toBe(3_140_00n);
    expect(apart < 50n && apart > -50n).toBe(true);
  });

  it('quotes five levels a side on tick, in order, inside the band, one to four ticks apart, never crossed', () => {
    const quotes = only(hour, 'QUOTE');
    expect(quotes.length).toBeGreaterThan(HOUR_STEPS);
    for (const { symbol, bids, asks } of quotes) {
      const { tickSize, lotSize, referencePrice } = bySymbol.get(symbol)!;
      const { lower, upper } = priceBand(referencePrice, BAND_BPS, tickSize);
      const upward = [...[...bids].reverse(), ...asks];
      if (bids.length !== LEVELS || asks.length !== LEVELS) throw new Error(`${symbol}: not five levels`);
      const spread = (asks[0]!.price - bids[0]!.price) / tickSize;
      if (spread < 1n || spread > 4n) throw new Error(`${symbol}: a spread of ${spread} ticks`);
      for (const [index, { price, quantity }] of upward.entries()) {
        const below = upward[index - 1];
        if (price % tickSize !== 0n || price < lower || price > upper || (below && below.price >= price))
          throw new Error(`${symbol}: a level at ${price}`);
        if (quantity <= 0n || quantity % lotSize !== 0n)
          throw new Error(`${symbol}: ${quantity} units at a level`);
      }
    }
  });

  it('prints only what the quote just before it offers', () => {
    const open = new Map<string, Of<'QUOTE'>>();
    for (const action of hour) {
      if (action.kind === 'QUOTE') open.set(action.symbol, action);
      if (action.kind !== 'PRINT') continue;
      const quote = open.get(action.symbol)!;
      const best = (action.side === 'BUY' ? quote.asks : quote.bids)[0]!;
      if (action.price !== best.price || action.quantity > best.quantity || action.quantity <= 0n)
        throw new Error(`${action.symbol}: ${action.quantity} at ${action.price}`);
      open.delete(action.symbol);
    }
  });

  it('prints each instrument about once a second, on both sides', () => {
    for (const { symbol } of STOCKS) {
      const prints = only(hour, 'PRINT').filter((each) => each.symbol === symbol);
      expect(prints.length / 3_600).toBeGreaterThan(0.7);
      expect(prints.length / 3_600).toBeLessThan(1.5);
      const buys = prints.filter(({ side }) => side === 'BUY').length / prints.length;
      expect(buys).toBeGreaterThan(0.4);
      expect(buys).toBeLessThan(0.6);
    }
  });

  it('moves like equities: 10 to 80 % a year, in spells', { timeout: 30_000 }, () => {
    const many = Array.from({ length: 8 }, (_, index) => stock(`S${index}`, 1_52_500_00n));
    const quotes = only(run('volatility', many, HOUR_STEPS / 2), 'QUOTE');
    const fourths: number[] = [];
    for (const { symbol } of many) {
      // Middles five seconds apart, so that neither ticks nor the spread count as movement.
      const middles = quotes
        .filter((each) => each.symbol === symbol)
        .map(({ bids, asks }) => Math.log(Number(bids[0]!.price + asks[0]!.price)));
      const every = Math.floor(middles.length / 360);
      const sampled = middles.filter((_, index) => index % every === 0);
      const changes = sampled.slice(1).map((level, index) => level - sampled[index]!);
      const variance = changes.reduce((sum, change) => sum + change * change, 0) / changes.length;
      const annual = Math.sqrt((variance * changes.length * YEAR_S) / 1_800);
      expect(annual, symbol).toBeGreaterThan(0.1);
      expect(annual, symbol).toBeLessThan(0.8);
      fourths.push(changes.reduce((sum, change) => sum + change ** 4, 0) / changes.length / variance ** 2);
    }
    // A normal distribution would give 3.
    expect(fourths.reduce((sum, each) => sum + each, 0) / fourths.length).toBeGreaterThan(3.2);
  });

  it('publishes indices without trading them', () => {
    const index = stock('NIFTY', 26_100_00n, { kind: 'INDEX', tickSize: 5n, sector: null });
    const actions = run('index', [index], 4_000);
    expect(new Set(actions.map(({ kind }) => kind))).toEqual(new Set(['VALUE']));
    expect(only(actions, 'VALUE').every(({ price }) => price % 5n === 0n)).toBe(true);
    expect(actions.length).toBeGreaterThan(700);
  });

  it('does nothing while time stands still, and little after a long pause', () => {
    const simulator = createSimulator('pause', STOCKS);
    simulator.step(OPEN);
    expect(simulator.step(OPEN)).toEqual([]);
    expect(simulator.step(OPEN - 1)).toEqual([]);
    const later = only(simulator.step(OPEN + 7 * 86_400_000), 'QUOTE').find(
      ({ symbol }) => symbol === 'MIDDLE',
    )!;
    const moved = Number(later.bids[0]!.price) / 905_00 - 1;
    expect(Math.abs(moved)).toBeLessThan(0.01);
  });
});

describe('follow', () => {
  it('goes on from the price of another source, and holds still for as long as it is told', () => {
    const simulator = createSimulator('follow', STOCKS);
    simulator.step(OPEN);
    simulator.follow('MIDDLE', 60_35n, 10_000);
    const held = Array.from({ length: 40 }, (_, step) => simulator.step(OPEN + (step + 1) * STEP))
      .flat()
      .filter(({ symbol }) => symbol === 'MIDDLE');
    expect(only(held, 'PRINT')).toEqual([]);
    for (const { bids, asks } of only(held, 'QUOTE')) {
      expect(bids[0]!.price <= 60_35n && asks[0]!.price >= 60_35n).toBe(true);
      expect(asks[0]!.price - bids[0]!.price <= 20n).toBe(true);
    }
    expect(held.length).toBeGreaterThan(0);
    const after = Array.from({ length: 400 }, (_, step) => simulator.step(OPEN + (step + 41) * STEP)).flat();
    const prints = only(after, 'PRINT').filter(({ symbol }) => symbol === 'MIDDLE');
    expect(prints.length).toBeGreaterThan(40);
    for (const { price } of prints) expect(price > 54_60n && price < 66_10n).toBe(true);
  });

  it('keeps to the band of the reference when the price lies inside it', () => {
    const simulator = createSimulator('follow', STOCKS);
    simulator.follow('MIDDLE', 980_00n);
    const { upper } = priceBand(905_00n, BAND_BPS, 5n);
    for (let step = 0; step < 8_000; step++) {
      for (const action of simulator.step(OPEN + step * STEP)) {
        if (action.kind === 'QUOTE' && action.symbol === 'MIDDLE') {
          if (action.asks.at(-1)!.price > upper)
            throw new Error(`above the band: ${action.asks.at(-1)!.price}`);
        }
      }
    }
  });

  it('ignores unknown symbols and prices that are none', () => {
    const simulator = createSimulator('follow', STOCKS);
    simulator.follow('NOBODY', 1n);
    simulator.follow('MIDDLE', 0n);
    const quote = only(simulator.step(OPEN), 'QUOTE').find(({ symbol }) => symbol === 'MIDDLE')!;
    expect(Number(quote.bids[0]!.price)).toBeCloseTo(905_00, -3);
  });
});

describe('activity', () => {
  it('is high at both ends of the session, low at noon, and one on average', () => {
    const minutes = Array.from({ length: 375 }, (_, minute) => activity(OPEN + minute * 60_000));
    expect(minutes[0]).toBeGreaterThan(1.7);
    expect(minutes[187]).toBeLessThan(0.61);
    expect(minutes.at(-1)).toBeGreaterThan(1.7);
    expect(minutes.reduce((sum, each) => sum + each, 0) / 375).toBeCloseTo(1, 2);
    expect(activity(OPEN - 1)).toBe(1);
  });
});
