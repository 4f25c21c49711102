/** The market as a venue shows it: its prices, trades and depth become those of our instruments. */
import { istDate, type Clock } from '@gridworks/kit/time';
import { DEPTH_LEVELS } from './domain/tick.ts';
import type { Exchange } from './exchange.ts';
import type { Market } from './market.ts';
import type { Venue, VenueTick } from './venue.ts';

/** What a venue has said of the day's volume of an instrument. */
interface Volume {
  readonly date: string;
  readonly units: bigint;
}

export class VenueMarket implements Market {
  readonly #volumes = new Map<string, Volume>();
  #leave: (() => void)[] = [];

  constructor(
    private readonly venue: Pick<Venue, 'watch' | 'listen'>,
    private readonly exchange: Exchange,
    private readonly clock: Clock,
  ) {}

  start(): void {
    const symbols = this.exchange.listings().map(({ instrument }) => instrument.symbol);
    this.#leave = [
      this.venue.listen({ ticked: (tick) => this.#show(tick) }),
      this.venue.watch(symbols, 'FULL'),
    ];
  }

  async stop(): Promise<void> {
    for (const leave of this.#leave.splice(0)) leave();
  }

  #show(tick: VenueTick): void {
    const { symbol, price, quote, depth } = tick;
    const atMs = tick.atMs ?? this.clock();
    this.exchange.observe({
      symbol,
      price,
      at: new Date(atMs),
      quantity: this.#tradedSince(symbol, atMs, quote?.volume ?? null),
      day: quote && quote.open > 0n ? { ...quote, volume: quote.volume ?? 0n } : null,
      depth: depth && {
        bids: depth.bids.slice(0, DEPTH_LEVELS),
        asks: depth.asks.slice(0, DEPTH_LEVELS),
      },
    });
  }

  /** What has traded since the tick before, of which the first of a day cannot tell. */
  #tradedSince(symbol: string, atMs: number, units: bigint | null): bigint {
    if (units === null) return 0n;
    const date = istDate(atMs);
    const before = this.#volumes.get(symbol);
    this.#volumes.set(symbol, { date, units });
    return before?.date === date && units > before.units ? units - before.units : 0n;
  }
}
