/**
 * An engine with one instrument, spoken to in few words and answering in few words: for examples that are to be read.
 * The previous close is 100.00, the tick 0.05, the band 10 %: 90.00 to 110.00.
 */
import type { Command, ListInstrument, Modify, NewOrder, Phase, Report, Side } from './command.ts';
import type { MatchingEngine } from './engine.ts';

export const INSTRUMENT = 1;

export const LISTING: ListInstrument = {
  kind: 'instrument',
  at: 0,
  instrument: INSTRUMENT,
  tick: 5,
  lot: 1,
  freeze: 10_000,
  bandBps: 1_000,
  dynamic: true,
  previousClose: 100_00,
};

export class Desk {
  at = 0;
  #order = 0;

  constructor(
    readonly engine: MatchingEngine,
    listing: Partial<ListInstrument> = {},
    phase: Phase = 'CONTINUOUS',
  ) {
    this.do({ ...LISTING, ...listing });
    this.phase(phase);
  }

  /** What came of a command, a line for each report. */
  do(command: Command): string[] {
    const told: string[] = [];
    this.engine.apply(command, (report) => told.push(tell(report)));
    this.engine.check();
    return told;
  }

  /** A LIMIT order of validity DAY, unless it is said otherwise; each has an owner of its own. */
  order(side: Side, quantity: number, price: number | null, more: Partial<NewOrder> = {}): string[] {
    this.#order += 1;
    return this.do({
      kind: 'new',
      at: this.at,
      instrument: INSTRUMENT,
      owner: this.#order,
      order: this.#order,
      side,
      type: price === null ? 'MARKET' : 'LIMIT',
      validity: 'DAY',
      quantity,
      price,
      stop: null,
      display: null,
      expiresAt: null,
      postOnly: false,
      stp: 'CANCEL_NEWEST',
      ...more,
    });
  }

  buy(quantity: number, price: number | null, more: Partial<NewOrder> = {}): string[] {
    return this.order('BUY', quantity, price, more);
  }

  sell(quantity: number, price: number | null, more: Partial<NewOrder> = {}): string[] {
    return this.order('SELL', quantity, price, more);
  }

  modify(order: number, change: Partial<Modify>): string[] {
    const none = { quantity: null, price: null, stop: null, display: null };
    return this.do({ kind: 'modify', at: this.at, owner: order, order, ...none, ...change });
  }

  cancel(order: number, owner = order): string[] {
    return this.do({ kind: 'cancel', at: this.at, owner, order });
  }

  phase(phase: Phase): string[] {
    return this.do({ kind: 'phase', at: this.at, instrument: INSTRUMENT, phase });
  }

  clock(at: number): string[] {
    this.at = at;
    return this.do({ kind: 'clock', at });
  }

  /** Opens an account and gives it shares. */
  fund(owner: number, cash: number, shares = 0, limits: object = {}): string[] {
    const most = { positionMax: 1_000_000, orderToTradeMax: 1_000 };
    const told = this.do({ kind: 'account', at: this.at, owner, cash, ...most, ...limits });
    if (shares === 0) return told;
    const holding = { owner, instrument: INSTRUMENT, quantity: shares };
    return [...told, ...this.do({ kind: 'holding', at: this.at, ...holding })];
  }

  /** Both sides as `quantity@price`, the best first. */
  book(): { readonly bids: readonly string[]; readonly asks: readonly string[] } {
    const { bids, asks } = this.engine.depth(INSTRUMENT, 10);
    const row = ({ quantity, price }: { readonly quantity: number; readonly price: number }): string =>
      `${quantity}@${price}`;
    return { bids: bids.map(row), asks: asks.map(row) };
  }
}

/** `1x2 10@10000` is a trade of 10 at 100.00, order 1 the maker and order 2 the taker. */
export function tell(report: Report): string {
  switch (report.kind) {
    case 'accepted':
      return `accepted ${report.order}`;
    case 'refused':
      return report.code;
    case 'traded':
      return `${report.maker}x${report.taker} ${report.quantity}@${report.price}`;
    case 'modified':
      return `modified ${report.order} ${report.keptPriority ? 'in' : 'out of'} place`;
    case 'cancelled':
      return `cancelled ${report.order} ${report.quantity} ${report.reason}`;
    case 'expired':
      return `expired ${report.order} ${report.quantity} ${report.validity}`;
    case 'triggered':
      return `triggered ${report.order}`;
    case 'replenished':
      return `replenished ${report.order} ${report.shown} of ${report.remaining}`;
    case 'restated':
      return `restated ${report.order} ${report.remaining} at ${report.price} ${report.reason}`;
    case 'massCancelled':
      return `massCancelled ${report.count}`;
    case 'auction':
      return `auction ${report.volume}@${report.price} imbalance ${report.imbalance}`;
    case 'phaseChanged':
      return report.phase;
    case 'bandChanged':
      return `band ${report.lower} to ${report.upper}`;
    case 'accountChanged':
      return `cash ${report.cash}`;
    case 'holdingChanged':
      return `holds ${report.quantity}`;
  }
}
