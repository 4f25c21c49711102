/** What can be traded at the stand-in, and the prices there. */
import { DEPTH_LEVELS, type DepthLevel, type Packet } from '../../domain/broker/packet.ts';

export interface Listing {
  /** `NSE:INFY`. */
  readonly name: string;
  readonly token: number;
  /** Paise. */
  readonly lastPrice: bigint;
}

interface Quoted extends Listing {
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly lastQuantity: bigint;
}

const TICK = 5n;

export class Listings {
  readonly #byName = new Map<string, Quoted>();

  constructor(listings: readonly Listing[]) {
    for (const listing of listings) {
      const { lastPrice } = listing;
      const ohlc = { open: lastPrice, high: lastPrice, low: lastPrice, close: lastPrice };
      this.#byName.set(listing.name, { ...listing, ...ohlc, volume: 0n, lastQuantity: 0n });
    }
  }

  find(name: string): Quoted | undefined {
    return this.#byName.get(name);
  }

  all(): readonly Quoted[] {
    return [...this.#byName.values()];
  }

  /** The list of another day has another number for it. */
  renumber(name: string, token: number): void {
    const before = this.#byName.get(name);
    if (before) this.#byName.set(name, { ...before, token });
  }

  /** A trade moves the price. */
  trade(name: string, price: bigint, quantity: bigint): Quoted {
    const before = this.#byName.get(name);
    if (!before) throw new Error(`${name} is not listed`);
    const after = {
      ...before,
      lastPrice: price,
      high: price > before.high ? price : before.high,
      low: price < before.low ? price : before.low,
      volume: before.volume + quantity,
      lastQuantity: quantity,
    };
    this.#byName.set(name, after);
    return after;
  }

  packetOf(quoted: Quoted, kind: 'LTP' | 'QUOTE' | 'FULL', atSeconds: number): Packet {
    const { token, lastPrice, lastQuantity, volume, open, high, low, close } = quoted;
    if (kind === 'LTP') return { kind, token, lastPrice };
    const quote = {
      ...{ token, lastPrice, lastQuantity, volume, open, high, low, close },
      averagePrice: lastPrice,
      buyQuantity: 500n,
      sellQuantity: 500n,
    };
    if (kind === 'QUOTE') return { kind, ...quote };
    const level = (price: bigint): DepthLevel => ({ price, quantity: 100n, orders: 1 });
    const steps = Array.from({ length: DEPTH_LEVELS }, (_, i) => BigInt(i + 1) * TICK);
    return {
      kind,
      ...quote,
      lastTradeAt: atSeconds,
      openInterest: 0n,
      openInterestHigh: 0n,
      openInterestLow: 0n,
      at: atSeconds,
      bids: steps.map((step) => level(lastPrice - step)),
      asks: steps.map((step) => level(lastPrice + step)),
    };
  }

  /** As Kite lists its instruments. */
  csv(): string {
    const header =
      'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange';
    const lines = this.all().map(({ name, token }) => {
      const [exchange = '', symbol = ''] = name.split(':');
      return `${token},${token >> 8},${symbol},"${symbol}, LIMITED",0.0,,0.0,0.05,1,EQ,${exchange},${exchange}`;
    });
    return [header, ...lines, ''].join('\n');
  }
}
