/**
 * The lots of one instrument under one product, first in, first out: a sale takes from the lots bought first, and what
 * it brings beyond their cost is realised. Who sells first opens lots of the other direction, which purchases close in
 * the same way. Amounts are minor units, before charges.
 */
import { multiplyRatio } from '@gridworks/kit/money';
import type { Side } from './order.ts';
import { splitQuantity, type SplitRatio } from './split.ts';

export interface Lot {
  /** 1, 2, 3, ... among all lots there have been, in the order in which they were opened. */
  readonly number: number;
  /** Date in India on which it was opened. */
  readonly date: string;
  /** Units of it that are left. */
  readonly quantity: bigint;
  /** What these cost; of units sold before they were bought, what they brought. */
  readonly cost: bigint;
}

export interface LotFill {
  readonly side: Side;
  readonly price: bigint;
  readonly quantity: bigint;
  /** Date in India. */
  readonly date: string;
}

/**
 * What a lot held when it was opened, or at its last split. The cost of a part is its share of this whole, not of what
 * the sale before left over: so it makes no difference in how many pieces a lot is sold, and its last unit takes what
 * rounding left.
 */
interface OpenLot {
  readonly number: number;
  readonly date: string;
  /** Price of each unit; undefined after a split, when it need not be whole. */
  readonly price: bigint | undefined;
  wholeQuantity: bigint;
  wholeCost: bigint;
  quantity: bigint;
}

export class LotBook {
  #side: Side = 'BUY';
  #lots: OpenLot[] = [];
  #opened = 0;
  #realised = 0n;

  /** Units held; below zero when they were sold before they were bought. */
  get quantity(): bigint {
    return this.#signed(sum(this.#lots.map(({ quantity }) => quantity)));
  }

  /** What these cost; below zero what was received for units that were sold before they were bought. */
  get cost(): bigint {
    return this.#signed(sum(this.#lots.map(costOf)));
  }

  /** Profit, or loss below zero, of what was closed. */
  get realised(): bigint {
    return this.#realised;
  }

  /** What is open, the first lot first. */
  get lots(): Lot[] {
    return this.#lots.map((lot) => {
      const { number, date, quantity } = lot;
      return { number, date, quantity, cost: costOf(lot) };
    });
  }

  /** Fills come in order of time. Lots of 10 at 100 and 20 at 105 after a sale of 15 at 120: 275 realised, 15 left for 1,575. */
  trade({ side, price, quantity, date }: LotFill): void {
    let left = quantity;
    let first = this.#lots[0];
    while (left > 0n && first && this.#side !== side) {
      const taken = left < first.quantity ? left : first.quantity;
      const costBefore = costOf(first);
      first.quantity -= taken;
      const cost = costBefore - costOf(first);
      this.#realised += side === 'SELL' ? price * taken - cost : cost - price * taken;
      left -= taken;
      if (first.quantity > 0n) continue;
      this.#lots.shift();
      first = this.#lots[0];
    }
    if (left > 0n) this.#open(side, price, left, date);
  }

  /**
   * A split, a bonus or a consolidation: other quantities, the same cost. The units are counted over all lots, so no
   * more than one part of a unit falls away, and not one per lot; it leaves its cost to the others. A lot of which no
   * whole unit is left joins the next one. Nothing left at all is a loss: what a company pays for parts is not known.
   * 3 units for 300 at 3 for 2: 4 units for 300.
   */
  split(ratio: SplitRatio): void {
    const kept: OpenLot[] = [];
    let [before, after, carried] = [0n, 0n, 0n];
    for (const lot of this.#lots) {
      const { number, date } = lot;
      before += lot.quantity;
      const quantity = splitQuantity(before, ratio) - after;
      const cost = costOf(lot) + carried;
      after += quantity;
      carried = quantity === 0n ? cost : 0n;
      if (quantity === 0n) continue;
      kept.push({ number, date, price: undefined, wholeQuantity: quantity, wholeCost: cost, quantity });
    }
    const last = kept.at(-1);
    if (last) last.wholeCost += carried;
    else this.#realised -= this.#signed(carried);
    this.#lots = kept;
  }

  /** What trades on one day at one price is one lot, in however many fills it came. */
  #open(side: Side, price: bigint, quantity: bigint, date: string): void {
    this.#side = side;
    const last = this.#lots.at(-1);
    if (last && last.price === price && last.date === date) {
      last.wholeQuantity += quantity;
      last.wholeCost += price * quantity;
      last.quantity += quantity;
      return;
    }
    this.#opened += 1;
    const wholeCost = price * quantity;
    this.#lots.push({ number: this.#opened, date, price, wholeQuantity: quantity, wholeCost, quantity });
  }

  #signed(amount: bigint): bigint {
    return this.#side === 'BUY' ? amount : -amount;
  }
}

function costOf({ wholeCost, wholeQuantity, quantity }: OpenLot): bigint {
  return multiplyRatio(wholeCost, quantity, wholeQuantity);
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
