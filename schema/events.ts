/**
 * Every topic and its payload. Nothing is published that is not typed here.
 * Amounts and prices are integer minor units written as decimal strings (`"140570"` is 1,405.70 rupees), because JSON
 * numbers are doubles; quantities are whole numbers of units; times are ISO 8601 in UTC. Ids are bare uuids.
 */

export type MinorUnits = string;
export type Instant = string;
export type Side = 'BUY' | 'SELL';
export type Product = 'CNC' | 'MIS';
export type Exchange = 'NSE' | 'BSE';
export type CandleInterval = 'ONE_MINUTE' | 'ONE_DAY';

/** What every event about an order repeats, so that a consumer needs no other source. */
export interface OrderFacts {
  readonly orderId: string;
  readonly userId: string;
  readonly symbol: string;
  readonly exchange: Exchange;
  readonly side: Side;
  readonly product: Product;
}

/**
 * What moved between the parts of a user's funds: the margin held for positions of the day (MIS), what is owed, and with
 * the profit or loss what is available: `realised` + `dues` - `margin`. Each below zero where it became less.
 */
export interface MarginMove {
  readonly margin: MinorUnits;
  readonly dues: MinorUnits;
  readonly realised: MinorUnits;
}

/** Of an order under margin: what the event moved beside its hold, which is for its charges alone. Others do not have it. */
export interface Margined {
  readonly move?: MarginMove;
}

/** A split, bonus or consolidation as it took place at the exchange. */
export interface Adjustment {
  readonly adjustmentId: string;
  readonly symbol: string;
  /** First day on which the new units trade, `YYYY-MM-DD`. */
  readonly exDate: string;
  /** What earlier prices are multiplied by: "0.2" stands for five units in place of one. */
  readonly splitFactor: string;
  /** When that was at the exchange: an hour of today where a day of the past is played. */
  readonly at: Instant;
}

/** [start, open, high, low, close, volume]: start is an Instant, prices are MinorUnits. */
export type CandleRow = readonly [Instant, MinorUnits, MinorUnits, MinorUnits, MinorUnits, number];

export interface WithdrawalFacts {
  readonly withdrawalId: string;
  readonly userId: string;
  readonly amount: MinorUnits;
}

/** Who did something, and what it was done to. */
export interface AuditFacts {
  readonly userId: string;
  /** Id of the partner, app, key, order or account. */
  readonly subjectId: string;
}

/** What every event about the running services repeats. `at` is when it was so; the log hears of it within seconds. */
export interface ServiceFacts {
  /** The process by its name (`gateway`, `trading`; `gridworks` where all run in one), or a subgraph within it. */
  readonly service: string;
  /** Host and process: several may serve under one name. */
  readonly instance: string;
  readonly at: Instant;
}

/** Something that went wrong, as it was logged. It names nobody; the log has the rest, by its trace. */
export interface FaultFacts extends ServiceFacts {
  /** Equal for faults of one cause. */
  readonly fingerprint: string;
  readonly message: string;
  /** What was thrown: the name of its class, and its code where it has one; null where nothing was. */
  readonly kind: string | null;
  /** Where in the service: a part of it, or a consumer of events; null where that is not known. */
  readonly part: string | null;
  readonly traceId: string | null;
  /** How many like it were not told since the last one that was. */
  readonly leftOut: number;
}

export interface Topics {
  'users.registered': { readonly userId: string; readonly displayName: string; readonly tier: string };
  'users.authenticated': { readonly userId: string };
  /** An order was accepted and its funds (BUY: cash, SELL: nothing; under margin: its charges) are promised. */
  'orders.created': OrderFacts & Margined & { readonly quantity: number; readonly hold: MinorUnits };
  /** An after-market order entered the exchange when that took orders again. */
  'orders.entered': OrderFacts;
  /** A trade reached the trigger price of a stop: it is an order like any other now. */
  'orders.triggered': OrderFacts & { readonly triggerPrice: MinorUnits };
  /**
   * An open order is for another quantity now, or at another price; or a broker is asked for that, or has refused it,
   * and only what is promised changes. `hold` is all that it promises, for what has traded
   * and for what is left, instead of all that it promised before; `promised` is how much more that is, which trading has
   * taken from what the user may promise, and 0 where it is less. `sequence` grows with each event of the user's orders.
   */
  'orders.modified': OrderFacts &
    Margined & {
      readonly sequence: number;
      readonly quantity: number;
      readonly hold: MinorUnits;
      readonly promised: MinorUnits;
    };
  /**
   * One fill of an order. `value` = price x quantity. `final` tells that the order is now filled whole; then
   * `orderValue` and `orderQuantity` (all fills of the order) are what its charges are computed from.
   */
  'orders.executed': OrderFacts &
    Margined & {
      readonly tradeId: string;
      readonly price: MinorUnits;
      readonly quantity: number;
      readonly value: MinorUnits;
      readonly final: boolean;
      readonly orderValue: MinorUnits;
      readonly orderQuantity: number;
    };
  /** The rest of an order will not trade any more; `orderValue` and `orderQuantity` are what did. */
  'orders.cancelled': OrderFacts &
    Margined & {
      readonly remaining: number;
      readonly orderValue: MinorUnits;
      readonly orderQuantity: number;
      readonly reason:
        | 'USER'
        | 'MARKET_REST'
        | 'TIME_IN_FORCE'
        | 'SELF_TRADE'
        | 'OUT_OF_BAND'
        | 'SQUARE_OFF'
        | 'MARKET_HALTED'
        | 'BROKER'
        | 'REJECTED';
    };
  /**
   * Cash that came in or went paid off what was owed, filled margin that was missing, or what a split left of a position
   * fell away. `reference` names what did it, once for each.
   */
  'orders.margined': MarginMove & { readonly userId: string; readonly reference: string };
  /** The units of an instrument became others, in everything that is held of it. */
  'instruments.adjusted': Adjustment;
  /** The same for one holding: it stands among the executions of its user, whose units differ before and after it. */
  'orders.adjusted': Adjustment & {
    readonly userId: string;
    readonly product: Product;
    /** In the new units. */
    readonly quantity: number;
  };
  /** What a position came to, after one execution or several. */
  'positions.updated': {
    readonly userId: string;
    readonly symbol: string;
    readonly product: Product;
    readonly quantity: number;
    readonly averagePrice: MinorUnits;
    readonly realised: MinorUnits;
  };
  /** A portfolio was brought towards the weights that its user wants: WHOLE, or as far as orders traded in time. */
  'portfolios.rebalanced': {
    readonly rebalancingId: string;
    readonly userId: string;
    readonly outcome: 'WHOLE' | 'PARTIAL' | 'TIMED_OUT';
    /** What its sales brought and its purchases cost, before charges. */
    readonly sold: MinorUnits;
    readonly bought: MinorUnits;
  };
  /** An instrument reached the price that a user's alert waited for; `triggeredPrice` is the price that did. */
  'alerts.triggered': {
    readonly alertId: string;
    readonly userId: string;
    readonly symbol: string;
    readonly condition: 'AT_OR_ABOVE' | 'AT_OR_BELOW';
    readonly price: MinorUnits;
    readonly triggeredPrice: MinorUnits;
  };
  /** Cash that became available to a user: what trading may promise grows by `amount`. */
  'wallets.credited': {
    readonly userId: string;
    readonly amount: MinorUnits;
    readonly reason: 'OPENING_CREDIT' | 'HOLD_RELEASED' | 'SALE_PROCEEDS';
    readonly orderId: string | null;
  };
  /** A user wants money out of the wallet: trading is asked to let it go. */
  'withdrawals.requested': WithdrawalFacts;
  /** It is no part of the buying power any more. */
  'withdrawals.released': WithdrawalFacts;
  /** It is not free: nothing has changed. */
  'withdrawals.refused': WithdrawalFacts;
  /** It will not leave the wallet: if it was released, it is part of the buying power again. */
  'withdrawals.cancelled': WithdrawalFacts;
  /** The ledger has it among the payouts to send. No bank was told of it. */
  'withdrawals.posted': WithdrawalFacts;
  /** Bars that were added to or changed in history, oldest first, of one instrument and interval. */
  'candles.recorded': {
    readonly symbol: string;
    readonly interval: CandleInterval;
    readonly candles: readonly CandleRow[];
  };
  /** What a user did to what is theirs. */
  'audit.user.actions': AuditFacts & { readonly kind: 'PARTNER_REGISTERED' | 'APP_CREATED' };
  /** What an operator decided about others. */
  'audit.admin.actions': AuditFacts &
    (
      | { readonly kind: 'PARTNER_APPROVED' | 'PARTNER_SUSPENDED' }
      /** Of an order at a broker nobody knew what became, and now somebody says so. */
      | {
          readonly kind: 'ORDER_RESOLVED';
          readonly finding: 'ABSENT' | 'FOUND';
          /** Null where the broker never named it. */
          readonly brokerOrderId: string | null;
          readonly reason: string;
        }
      /** There is a new login at the broker; the subject is our account there. */
      | { readonly kind: 'BROKER_SIGNED_IN' }
    );
  /** What changed who may come in. */
  'audit.security.events': AuditFacts & { readonly kind: 'API_KEY_CREATED' | 'API_KEY_REVOKED' };
  /** Money or shares that came out of nothing or went there: two books that ought to say the same do not. */
  'audit.compliance.checks': {
    readonly kind: 'CONSERVATION_VIOLATED';
    /** Which books, in words. */
    readonly violation: string;
    /** A user, with symbol and product where it is about shares; or a currency. */
    readonly subject: string;
    readonly expected: MinorUnits;
    readonly actual: MinorUnits;
  };
  /** How a service is, told when that changes. `failing` names the parts that do not work; none when it is UP or DOWN. */
  'services.health.status': ServiceFacts & {
    readonly status: 'UP' | 'DEGRADED' | 'DOWN';
    readonly failing: readonly string[];
  };
  /** The requests that a service answered within one period, and how long they took. Not told where there were none. */
  'services.performance.metrics': ServiceFacts & {
    readonly periodMs: number;
    readonly requests: number;
    /** Of these, answered with errors. */
    readonly errors: number;
    readonly p50Us: number;
    readonly p95Us: number;
    readonly p99Us: number;
    readonly maxUs: number;
  };
  /** A bug, or a loss that nothing will mend by itself. */
  'errors.critical': FaultFacts;
  /** Something that is tried again or was done without. */
  'errors.warning': FaultFacts;
  /** A process began or ended as it should, or another graph came into force in it. */
  'deployments.status': ServiceFacts & {
    readonly change: 'STARTED' | 'STOPPED' | 'RELOADED';
    /** Of the product. */
    readonly version: string;
    /** Of the supergraph that a gateway serves, or of the schema of a subgraph: SHA-256, the first 16 hexadecimal digits. */
    readonly schemaHash: string;
  };
  'anonymous.butler.interactions': { readonly memberId: string; readonly kind: 'JOINED' };
}

export type Topic = keyof Topics;
