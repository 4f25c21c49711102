/** What the broker says as a whole, taken into what is believed, and where the two cannot be brought together. */
import { istDate } from '@gridworks/kit/time';
import type { AbsenceRules, TradeReport } from '../../domain/broker/order.ts';
import { comparePositions, reconcile, type Discrepancy } from '../../domain/broker/reconcile.ts';
import type { VenueReport } from '../../venue.ts';
import type { Beliefs } from '../beliefs.ts';
import type { Time } from '../time.ts';

export class Comparison {
  /** Where positions differed the last time. */
  #differences = new Set<string>();

  constructor(
    private readonly beliefs: Beliefs,
    private readonly absence: AbsenceRules,
    private readonly time: Time,
  ) {}

  /** Whether positions differed the last time, for whatever reason. */
  get isDiffering(): boolean {
    return this.#differences.size > 0;
  }

  /**
   * Believes what the broker says of today, asked for at an instant, and returns what somebody has to look at. Trades and
   * positions are not of one instant, so a difference between them counts when it is there again the next time. Rejects
   * when it could not be kept.
   */
  async believe(report: VenueReport, askedAtMs: number): Promise<readonly Discrepancy[]> {
    let doubled: readonly Discrepancy[] = [];
    await this.beliefs.change((orders) => {
      const reconciled = reconcile(orders, { ...report, askedAtMs }, this.absence, this.time.now());
      doubled = reconciled.discrepancies;
      return reconciled.changes;
    });
    const differences = comparePositions(this.#tradesOfToday(report.trades), report.positions);
    const staying = differences.filter((each) => this.#differences.has(textOf(each)));
    this.#differences = new Set(differences.map(textOf));
    return [...doubled, ...staying];
  }

  /** The broker's trades, and those of ours that it does not list (any more, or yet). */
  #tradesOfToday(trades: readonly TradeReport[]): TradeReport[] {
    const today = istDate(this.time.now());
    const all = new Map(trades.map((trade) => [`${trade.venueOrderId} ${trade.tradeId}`, trade]));
    for (const { venueOrderId, ticket, fills } of this.beliefs.all()) {
      if (venueOrderId === null) continue;
      const { symbol, side, product } = ticket;
      for (const fill of fills.filter(({ atMs }) => istDate(atMs) === today)) {
        all.set(`${venueOrderId} ${fill.tradeId}`, { ...fill, venueOrderId, symbol, side, product });
      }
    }
    return [...all.values()];
  }
}

export function textOf(discrepancy: Discrepancy): string {
  return Object.values(discrepancy).map(String).join(' ');
}
