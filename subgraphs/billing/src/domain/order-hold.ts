/**
 * What an order holds of its user's money, from its hold through its fills to its end. Whatever does not add up throws:
 * it means that trading and billing disagree, and money must not move until somebody has looked.
 */
import { orderCharges, type ChargedOrder, type Charges, type Side } from './charges.ts';

/** Paise. */
export interface OrderHold {
  readonly held: bigint;
  /** Value of the fills booked so far. */
  readonly settled: bigint;
  /** The order will not trade any more: charged, and the rest released. */
  readonly done: boolean;
  /** Number of the last modification that was booked; 0 before the first. */
  readonly modified: bigint;
}

export interface Settlement {
  readonly hold: OrderHold;
  readonly charges: Charges;
  /** What goes back to the available balance. */
  readonly released: bigint;
}

export function openHold(held: bigint): OrderHold {
  if (held < 0n) throw new RangeError(`an order cannot hold ${held}`);
  return { held, settled: 0n, done: false, modified: 0n };
}

/**
 * A purchase promises `promised` in all from now on, for what has traded and for what is left; what a sale holds is what
 * it has brought, whatever it is for. An order under margin pays nothing of what it promises before its end. `number`
 * names the modification, and grows.
 */
export function changeHold(
  hold: OrderHold,
  side: Side,
  promised: bigint,
  number: bigint,
  isMargined = false,
): OrderHold {
  if (hold.done) throw new Error('a modification of an order that is done');
  if (number <= hold.modified) throw new RangeError(`modification ${number} comes after ${hold.modified}`);
  if (isMargined) return { ...hold, held: promised, modified: number };
  if (side === 'SELL') return { ...hold, modified: number };
  const held = promised - hold.settled;
  if (held < 0n) throw new RangeError(`an order that promises ${promised} has paid ${hold.settled}`);
  return { ...hold, held, modified: number };
}

/** A purchase pays from what it holds; a sale adds what it brings. */
export function bookFill(hold: OrderHold, side: Side, value: bigint): OrderHold {
  if (hold.done) throw new Error('a fill of an order that is done');
  if (value <= 0n) throw new RangeError(`a fill of the value ${value}`);
  const held = side === 'BUY' ? hold.held - value : hold.held + value;
  if (held < 0n) throw new RangeError(`a fill of ${value} exceeds the ${hold.held} that its order holds`);
  return { ...hold, held, settled: hold.settled + value };
}

/** A fill under margin is paid by the house: the order holds its charges alone. */
export function noteFill(hold: OrderHold, value: bigint): OrderHold {
  if (hold.done) throw new Error('a fill of an order that is done');
  if (value <= 0n) throw new RangeError(`a fill of the value ${value}`);
  return { ...hold, settled: hold.settled + value };
}

/**
 * Ends an order: its charges by formula, and the rest back. `order.value` is what trading says that all fills came to;
 * it must be what was booked, or a fill is missing here. Holds and proceeds always suffice for the charges of the
 * published schedule (proven beside the formula), so charges beyond them are a fault too and nothing is waived.
 */
export function settle(hold: OrderHold, order: ChargedOrder): Settlement {
  if (hold.done) throw new Error('a second end of an order');
  if (order.value !== hold.settled) {
    throw new Error(`an order of the value ${order.value} ends, but fills of ${hold.settled} are booked`);
  }
  const charges = orderCharges(order);
  const released = hold.held - charges.total;
  if (released < 0n) throw new RangeError(`charges of ${charges.total} exceed the ${hold.held} that is held`);
  return { hold: { ...hold, held: 0n, done: true }, charges, released };
}
