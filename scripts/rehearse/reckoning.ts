/**
 * What a file of bars and a list of trades come to, reckoned by hand: nothing of the product is used, so that the two can
 * be compared. Prices are paise; what a lot cost is a fraction, because a split makes of it what need not be whole.
 */

export interface Bar {
  readonly date: string;
  /** `HH:MM`; empty for a bar of a day. */
  readonly time: string;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
}

export interface Factor {
  /** The last day of the old units. */
  readonly date: string;
  readonly splitFactor: number;
}

/** What was wished for at the close of a bar. */
export interface Wish {
  readonly date: string;
  readonly time: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: bigint;
}

export interface Day {
  open: bigint;
  high: bigint;
  low: bigint;
  last: bigint;
  volume: bigint;
}

/** Rows of a table with a header, by the names of its columns. */
export function readRows(text: string): Record<string, string>[] {
  const [header = '', ...lines] = text.trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}

export function readBars(text: string): Bar[] {
  return readRows(text).map((row) => ({
    date: row['date'] ?? '',
    time: row['time'] ?? '',
    open: paise(row['open']),
    high: paise(row['high']),
    low: paise(row['low']),
    close: paise(row['close']),
    volume: BigInt(row['volume'] || 0),
  }));
}

/** Each row's factor is over all that comes after it; what a day did is its factor over that of the next row. */
export function readFactors(text: string): Factor[] {
  const rows = readRows(text).map((row) => ({
    date: (row['date'] ?? '').replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'),
    factor: Number(row['split_factor']),
  }));
  return rows.flatMap(({ date, factor }, index) => {
    const next = rows[index + 1]?.factor ?? 1;
    return factor === next ? [] : [{ date, splitFactor: factor / next }];
  });
}

export function readWishes(text: string): Wish[] {
  return readRows(text).map((row) => ({
    date: row['date'] ?? '',
    time: row['time'] ?? '',
    side: row['side'] === 'SELL' ? 'SELL' : 'BUY',
    quantity: BigInt(row['quantity'] ?? 0),
  }));
}

/** A trader's lots, first in, first out, and the day as it was traded. */
export class Reckoning {
  readonly days = new Map<string, Day>();
  #lots: { quantity: bigint; wholeQuantity: bigint; wholeCost: bigint }[] = [];
  #realised = 0n;
  #last = 0n;
  #close = 0n;
  #date = '';
  readonly #factors: Factor[];

  constructor(factors: readonly Factor[]) {
    this.#factors = [...factors];
  }

  /** A bar was played. */
  bar({ date, open, high, low, close, volume }: Bar): void {
    for (const factor of this.#factors.splice(0)) {
      if (this.#date !== '' && this.#date <= factor.date && date > factor.date)
        this.#split(factor.splitFactor);
      else this.#factors.push(factor);
    }
    this.#date = date;
    this.#close = close;
    for (const [price, traded] of [
      [open, 0n],
      [high, 0n],
      [low, 0n],
      [close, volume],
    ] as const)
      this.#print(price, traded);
  }

  /** A wish was carried out, a tick beyond the close, because that is where the replayed market stands. */
  fill({ side, quantity }: Wish, tickSize: bigint): bigint {
    const price = side === 'BUY' ? this.#close + tickSize : this.#close - tickSize;
    this.#print(price, quantity);
    if (side === 'BUY') {
      this.#lots.push({ quantity, wholeQuantity: quantity, wholeCost: price * quantity });
      return price;
    }
    for (let left = quantity; left > 0n;) {
      const lot = this.#lots[0];
      if (!lot) throw new Error('more is sold than was bought');
      const taken = left < lot.quantity ? left : lot.quantity;
      this.#realised += price * taken - (costOf(lot, lot.quantity) - costOf(lot, lot.quantity - taken));
      lot.quantity -= taken;
      left -= taken;
      if (lot.quantity === 0n) this.#lots.shift();
    }
    return price;
  }

  /** Units that are left, and profit, before charges. */
  result(): { readonly quantity: bigint; readonly realised: bigint; readonly unrealised: bigint } {
    const quantity = this.#lots.reduce((sum, lot) => sum + lot.quantity, 0n);
    const cost = this.#lots.reduce((sum, lot) => sum + costOf(lot, lot.quantity), 0n);
    return { quantity, realised: this.#realised, unrealised: quantity * this.#last - cost };
  }

  #print(price: bigint, quantity: bigint): void {
    const day = this.days.get(this.#date);
    if (!day)
      this.days.set(this.#date, { open: price, high: price, low: price, last: price, volume: quantity });
    else {
      if (price > day.high) day.high = price;
      if (price < day.low) day.low = price;
      day.last = price;
      day.volume += quantity;
    }
    this.#last = price;
  }

  #split(factor: number): void {
    this.#lots = this.#lots.map((lot) => {
      const quantity = Math.round(Number(lot.quantity) / factor);
      if (Math.abs(quantity * factor - Number(lot.quantity)) > 0.001)
        throw new Error(
          `${lot.quantity} units do not split by ${factor} into whole ones: state other trades`,
        );
      return {
        quantity: BigInt(quantity),
        wholeQuantity: BigInt(quantity),
        wholeCost: costOf(lot, lot.quantity),
      };
    });
  }
}

/** The cost of a part of a lot, half away from zero. */
function costOf(lot: { readonly wholeQuantity: bigint; readonly wholeCost: bigint }, part: bigint): bigint {
  return (2n * lot.wholeCost * part + lot.wholeQuantity) / (2n * lot.wholeQuantity);
}

/** Of a number of at most two places, by its digits. */
function paise(text = ''): bigint {
  const [whole = '0', places = ''] = text.split('.');
  return BigInt(whole + places.slice(0, 2).padEnd(2, '0'));
}
