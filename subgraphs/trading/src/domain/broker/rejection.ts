/**
 * Why a broker turned an order down, told from its words: none of them comes with a reason that a program could read. What
 * the risk system and the exchange wrote counts first; Kite Connect passes that on as `status_message_raw`, beside a
 * sentence of its own that it words anew from time to time. Of a request that is refused at once the kind of error is told
 * (Kite Connect v3, "Exceptions and errors", as read on 2026-11-22).
 */
import type { RejectReason } from '../order.ts';

interface Form {
  readonly reason: RejectReason;
  readonly words: RegExp;
  /** The date of where it was seen, or, of what bears none, of when it was read; and where that was. */
  readonly seen: readonly [on: string, where: string];
}

/** Looked at in this order: what is certain by its form, then by a code of the exchange, then words of any kind. */
const FORMS: readonly Form[] = [
  {
    reason: 'FUNDS_INSUFFICIENT',
    words: /^MarginException\b/,
    seen: ['2026-11-22', 'Kite Connect v3, "Exceptions and errors": insufficient funds for the placement'],
  },
  {
    reason: 'HOLDINGS_INSUFFICIENT',
    words: /^HoldingException\b/,
    seen: ['2026-11-22', 'Kite Connect v3, "Exceptions and errors": insufficient holdings for the sale'],
  },
  {
    reason: 'FUNDS_INSUFFICIENT',
    words: /\bRMS: ?Margin Exceeds/i,
    seen: ['2021-02-19', 'kite.trade/forum, comment 31631; tradingqna.com/t/23877'],
  },
  {
    reason: 'HOLDINGS_INSUFFICIENT',
    words: /\bRMS: ?Rule: ?Check holdings/i,
    seen: ['2018-06-01', 'tradingqna.com/t/24010: also for shares that have not arrived yet'],
  },
  {
    reason: 'PRICE_OUT_OF_BAND',
    words: /\bRMS: ?Rule: ?Check circuit limit/i,
    seen: ['2026-11-22', 'a rejected order among the sample answers that clients of Kite Connect test with'],
  },
  {
    reason: 'FREEZE_QUANTITY_EXCEEDED',
    words: /\bCheck freeze (qty|quantity)/i,
    seen: ['2026-11-22', 'the rule beside that of circuit limits in the same risk system'],
  },
  {
    reason: 'PRICE_OUT_OF_BAND',
    words: /\b17070\b.*(execution|LPP) range/i,
    seen: ['2026-11-22', 'error code of NSE; tradingqna.com/t/36720'],
  },
  {
    reason: 'SESSION_CLOSED',
    words: /\b16278\b.*market/i,
    seen: ['2026-11-22', 'error code of NSE, as clients of Kite Connect list it'],
  },
  {
    reason: 'INSTRUMENT_NOT_TRADABLE',
    words: /\b16387\b|security is not allowed to trade/i,
    seen: ['2026-11-22', 'error code of NSE, as clients of Kite Connect list it'],
  },
  {
    reason: 'FUNDS_INSUFFICIENT',
    words: /margin|funds?\b/i,
    seen: ['2021-02-19', 'the sentences of Kite that tell what is required and what is available'],
  },
  { reason: 'HOLDINGS_INSUFFICIENT', words: /holdings?\b/i, seen: ['2018-06-01', 'as above'] },
  {
    reason: 'PRICE_OUT_OF_BAND',
    words: /circuit|price (band|range)/i,
    seen: ['2026-11-22', 'exchanges and brokers at large'],
  },
];

/** The reason that a broker's words come to; OTHER where none is known. */
export function readRejection(message: string): RejectReason {
  return FORMS.find(({ words }) => words.test(message))?.reason ?? 'OTHER';
}
