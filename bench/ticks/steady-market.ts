/** A market whose every tick has its appointed time: in place of the simulated one, on the exchange itself. */
import type { Exchange } from '@gridworks/trading/exchange';
import type { Market } from '@gridworks/trading/market';
import { strikeAll, type Beat, type Struck } from './beat.ts';

const LEVELS = 5;
const SHOWN = 1_000n;
const SWING = 10;

export class SteadyMarket implements Market {
  constructor(private readonly exchange: Exchange) {}

  start(): void {
    // It moves when it is told to.
  }

  async stop(): Promise<void> {
    // It has ended with its last beat.
  }

  symbols(count: number): string[] {
    const shares = this.exchange.listings().filter(({ instrument }) => instrument.kind === 'EQUITY');
    return shares.slice(0, count).map(({ instrument }) => instrument.symbol);
  }

  /** Each tick is a trade with fresh quotes around it, as of the simulated market. */
  async beat(beat: Beat): Promise<Struck> {
    const struck = new Map(beat.symbols.map((symbol) => [symbol, [] as [number, number][]]));
    const appointed = new Map(beat.symbols.map((symbol) => [symbol, [] as number[]]));
    const unlisten = this.exchange.onTick(({ symbol, sequence }) => {
      const atMs = appointed.get(symbol)?.shift();
      if (atMs !== undefined) struck.get(symbol)?.push([Number(sequence), atMs]);
    });
    const prices = new Map(
      this.exchange.listings().map(({ instrument, session }) => {
        const { symbol, tickSize } = instrument;
        return [symbol, { price: session.last, tickSize }];
      }),
    );
    const acting: Promise<void>[] = [];
    await strikeAll(beat, (symbol, atMs, round) => {
      const known = prices.get(symbol);
      if (!known) throw new Error(`the exchange does not list ${symbol}`);
      appointed.get(symbol)?.push(atMs);
      acting.push(this.#trade(symbol, known.price, known.tickSize, round));
    });
    await Promise.all(acting);
    unlisten();
    return Object.fromEntries(struck);
  }

  /** The price goes up for ten ticks and down for ten, a step each; somebody takes from the side that it moves to. */
  async #trade(symbol: string, start: bigint, tickSize: bigint, round: number): Promise<void> {
    const phase = round % (2 * SWING);
    const isRising = phase < SWING;
    const price = start + tickSize * BigInt(isRising ? phase : 2 * SWING - phase);
    const side = (away: bigint): { price: bigint; quantity: bigint }[] =>
      Array.from({ length: LEVELS }, (_, level) => ({
        price: price + away * BigInt(level + 1),
        quantity: SHOWN * BigInt(level + 1),
      }));
    const [bids, asks] = [side(-tickSize), side(tickSize)];
    await this.exchange.act({ kind: 'QUOTE', symbol, bids, asks });
    await this.exchange.act({
      kind: 'PRINT',
      symbol,
      side: isRising ? 'BUY' : 'SELL',
      price: price + (isRising ? tickSize : -tickSize),
      quantity: BigInt(1 + phase),
    });
  }
}
