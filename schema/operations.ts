import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A whole number of up to 64 bits: a JSON number up to 2^53 - 1, a string beyond. */
  BigInt: { input: number | string; output: number | string; }
  /** An instant in UTC as ISO 8601, for example "2026-01-15T03:45:00.000Z". */
  DateTime: { input: string; output: string; }
  /** An exact decimal number as a string, for example "1405.70". Never a float. */
  Decimal: { input: string; output: string; }
};

/** What an alert waits for. */
export type AlertCondition =
  /** The price rises to that of the alert, or beyond. */
  | 'AT_OR_ABOVE'
  /** The price falls to that of the alert, or beyond. */
  | 'AT_OR_BELOW';

/** Where an alert stands. */
export type AlertStatus =
  /** It waits for its price. */
  | 'ACTIVE'
  /** Its owner took it back before its price was reached. */
  | 'CANCELLED'
  /** Its price was reached; it will not be told of again. */
  | 'TRIGGERED';

/** What an API key may be used for. */
export type ApiScope =
  /** Scope `market:read`: instruments, quotes, candles, ticks. */
  | 'MARKET_READ'
  /** Scope `orders:read`: orders, trades and positions. */
  | 'ORDERS_READ'
  /** Scope `orders:write`: placing and cancelling orders. */
  | 'ORDERS_WRITE'
  /** Scope `usage:read`: the app's own usage. */
  | 'USAGE_READ';

/** What a record of the audit trail is about. */
export type AuditStream =
  /** What an operator decided about others. */
  | 'ADMIN_ACTIONS'
  /** Books that ought to say the same and do not. */
  | 'COMPLIANCE_CHECKS'
  /** What moved money or shares. */
  | 'FINANCIAL_TRANSACTIONS'
  /** What changed who may come in. */
  | 'SECURITY_EVENTS'
  /** What users did: orders, sign-ups and sign-ins, applications. */
  | 'USER_ACTIONS';

/** Why billing said no. The list is closed; new codes are announced as schema changes. */
export type BillingRefusalCode =
  /** A withdrawal is of 1 rupee to 10 crores. */
  | 'AMOUNT_INVALID'
  /** A client withdrawal id has 1 to 64 letters, digits, dots, colons, dashes or underscores. */
  | 'CLIENT_WITHDRAWAL_ID_INVALID'
  /** You have used this client withdrawal id for another amount. */
  | 'CLIENT_WITHDRAWAL_ID_REUSED'
  /** So much is not free: it is not there, or orders have promised it. */
  | 'FUNDS_NOT_FREE';

/** What became of an unknown order, by the word of somebody who looked at the broker. */
export type BrokerFinding =
  /** It is not there, and nothing more of it will trade: what is known of its trades counts, and the rest is released. */
  | 'ABSENT'
  /** It is there, under an id: what the broker says of that order is taken. */
  | 'FOUND';

/** Why butler said no. The list is closed; new codes are announced as schema changes. */
export type ButlerRefusalCode =
  /** You have used your enrolment in this tier. */
  | 'ALREADY_ENROLLED'
  /** The challenge is not ours, has expired or was used. */
  | 'CHALLENGE_UNKNOWN'
  /** A codename has 3 to 24 letters, digits or hyphens, begins with a letter, and is not one of the reserved names. */
  | 'CODENAME_INVALID'
  /** Another member has this codename. */
  | 'CODENAME_TAKEN'
  /** The commitment is not a field element other than 0, in decimal digits. */
  | 'COMMITMENT_INVALID'
  /** This commitment is in a group already; make a new identity. */
  | 'COMMITMENT_TAKEN'
  /** The group of this tier has no room left. */
  | 'GROUP_FULL'
  /** The proof is not for a recent root of the group of this tier. */
  | 'GROUP_UNKNOWN'
  /** This identity has not joined. */
  | 'MEMBER_UNKNOWN'
  /** The proof is about something else than this request. */
  | 'MESSAGE_MISMATCH'
  /** This identity has joined already. */
  | 'NULLIFIER_REUSED'
  /** The proof does not hold. */
  | 'PROOF_INVALID'
  /** The proof or its public signals do not have the form that the circuit declares. */
  | 'PROOF_MALFORMED'
  /** The proof is for another scope than that of membership. */
  | 'SCOPE_WRONG'
  /** Only users of the tiers ONYX, OBSIDIAN and VOID may enrol. */
  | 'TIER_NOT_ELIGIBLE';

/** The alert to take back. */
export type CancelAlertInput = {
  /** Global id of the alert. */
  readonly alertId: Scalars['ID']['input'];
};

/** The good-till-triggered order to take back. */
export type CancelGttInput = {
  /** Global id of it. */
  readonly gttId: Scalars['ID']['input'];
};

/** The order to take back. */
export type CancelOrderInput = {
  /** Global id of the order. */
  readonly orderId: Scalars['ID']['input'];
};

/** Which of your open orders to take back: all, or those that fit. */
export type CancelOrdersInput = {
  /** Side; null for both. */
  readonly side?: InputMaybe<Side>;
  /** Symbol of the instrument; null for every one. */
  readonly symbol?: InputMaybe<Scalars['String']['input']>;
};

/** Why what was left of an order left the market. */
export type CancelReason =
  /** The broker, or the exchange behind it, took it out; nobody here asked for that. */
  | 'BROKER'
  /** The whole market was halted; nothing that waited stays. */
  | 'MARKET_HALTED'
  /** A MARKET order, or a STOP that was triggered, found nobody else to trade with. */
  | 'MARKET_REST'
  /** The price band of a new trading day does not hold its price. */
  | 'OUT_OF_BAND'
  /** It met an order of the same user; `selfTradePrevention` says who leaves. */
  | 'SELF_TRADE'
  /** Positions of the day were being closed: ten minutes before the close, or because they had lost too much of their margin. */
  | 'SQUARE_OFF'
  /** Its validity said so: IOC, FOK, or its last day is over. */
  | 'TIME_IN_FORCE'
  /** Its owner took it back. */
  | 'USER';

/** How much time one candle covers, in India. Candles shorter than a day are counted from the opening of the market at 09:15, and none spans two days. */
export type CandleInterval =
  /** A quarter of an hour. */
  | 'FIFTEEN_MINUTES'
  /** Five minutes. */
  | 'FIVE_MINUTES'
  /** A trading day. */
  | 'ONE_DAY'
  /** An hour: 09:15 to 10:15, and so on; the last of a session is shorter. */
  | 'ONE_HOUR'
  /** A minute. */
  | 'ONE_MINUTE'
  /** A calendar month. */
  | 'ONE_MONTH'
  /** A week, from Monday on. */
  | 'ONE_WEEK'
  /** Ten minutes. */
  | 'TEN_MINUTES'
  /** Half an hour. */
  | 'THIRTY_MINUTES'
  /** Three minutes. */
  | 'THREE_MINUTES';

/** An order that might be placed. */
export type ChargesPreviewInput = {
  /** Where it would trade. */
  readonly exchange: Exchange;
  /** Price of one unit in rupees, above zero. */
  readonly price: Scalars['Decimal']['input'];
  /** How the position would be carried. */
  readonly product: Product;
  /** Number of units, above zero. */
  readonly quantity: Scalars['BigInt']['input'];
  /** Whether it would buy or sell. */
  readonly side: Side;
};

/** The statements that can be proven. */
export type CircuitName =
  /** I know the secret of a leaf of the tree with this root, this nullifier is that of my secret in this scope, and I say so about this message. */
  | 'TIER_MEMBERSHIP';

/** A price to be told of. */
export type CreateAlertInput = {
  /** Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same alert under it again changes nothing and answers with the first. */
  readonly clientAlertId: Scalars['String']['input'];
  /** What it waits for. */
  readonly condition: AlertCondition;
  /** A price in the instrument's currency that the last price has not reached yet. */
  readonly price: Scalars['Decimal']['input'];
  /** Symbol of the instrument, for example "RELIANCE". */
  readonly symbol: Scalars['String']['input'];
};

/** A new key. */
export type CreateApiKeyInput = {
  /** The app the key belongs to. */
  readonly appId: Scalars['ID']['input'];
  /** What the key may be used for; at least one. */
  readonly scopes: ReadonlyArray<ApiScope>;
};

/** A new app. */
export type CreateAppInput = {
  /** Name for people, 2 to 60 characters, unique within the partner. */
  readonly name: Scalars['String']['input'];
  /** The partner the app belongs to. */
  readonly partnerId: Scalars['ID']['input'];
};

/** An order to keep back until a price is reached. */
export type CreateGttInput = {
  /** Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same under it again changes nothing and answers with the first. */
  readonly clientGttId: Scalars['String']['input'];
  /** One leg; or two, one above the last price and one below, of which the first that is reached counts. */
  readonly legs: ReadonlyArray<GttLegInput>;
  /** What the shares are meant for. */
  readonly product: Product;
  /** Buy or sell. */
  readonly side: Side;
  /** Symbol of the instrument, for example "RELIANCE". */
  readonly symbol: Scalars['String']['input'];
};

/** The ISO 4217 code of a currency. */
export type Currency =
  /** Indian rupee. */
  | 'INR'
  /** United States dollar. */
  | 'USD';

/** The watchlist to drop. */
export type DeleteWatchlistInput = {
  /** Global id of the list. */
  readonly id: Scalars['ID']['input'];
};

/** What happened to a process of the product. */
export type DeploymentChange =
  /** It goes on with another supergraph. */
  | 'RELOADED'
  /** It serves. */
  | 'STARTED'
  /** It ended as it should. */
  | 'STOPPED';

/** Who enrols is the signed-in user; as what they will be a member is theirs to keep. */
export type EnrolInput = {
  /** Identity commitment: Poseidon(secret) over BN254, a field element other than 0 in decimal digits. Use a fresh secret for each tier and lose it never: it is the membership. */
  readonly commitment: Scalars['String']['input'];
};

/** Where an instrument is listed. */
export type Exchange =
  /** BSE, formerly Bombay Stock Exchange. */
  | 'BSE'
  /** National Stock Exchange of India. */
  | 'NSE';

/** How a volatility was forecast. */
export type ForecastModel =
  /** Exponentially weighted variance with decay 0.94: less than a year of returns, or they determine no GARCH. */
  | 'EWMA'
  /** GARCH(1,1) fitted by maximum likelihood to up to four years of daily returns. */
  | 'GARCH';

/** A price, and the LIMIT order to place when it is reached. */
export type GttLegInput = {
  /** Limit price of the order in rupees, a multiple of the tick size. */
  readonly limitPrice: Scalars['Decimal']['input'];
  /** Units: 1 to 10,000,000, a multiple of the lot size. */
  readonly quantity: Scalars['BigInt']['input'];
  /** The price in rupees that it waits for, a multiple of the tick size, not the last price. */
  readonly triggerPrice: Scalars['Decimal']['input'];
};

/** Where a good-till-triggered order stands. */
export type GttStatus =
  /** It waits for its price. */
  | 'ACTIVE'
  /** Its owner took it back before it was reached. */
  | 'CANCELLED'
  /** The order of the leg that was reached is placed. */
  | 'PLACED'
  /** The order of the leg that was reached was refused; `refusal` says why. */
  | 'REFUSED'
  /** A leg was reached; its order is on its way. */
  | 'TRIGGERED';

/** What sort of thing is quoted. */
export type InstrumentKind =
  /** A share of a company. */
  | 'EQUITY'
  /** An exchange-traded fund. */
  | 'ETF'
  /** A number computed from shares; it can be watched but not traded. */
  | 'INDEX';

/** A codename, and the proof that whoever asks for it is of the tier. */
export type JoinAsMemberInput = {
  /** What to be called: 3 to 24 letters, digits and single hyphens, beginning with a letter; unique whatever the case. */
  readonly codename: Scalars['String']['input'];
  /** Proof of TIER_MEMBERSHIP in the JSON form of snarkjs. Its message is the first 31 bytes, big-endian, of the SHA-256 of the JSON text ["gridworks/message/v1","JOIN_MEMBERSHIP",tier,codename]. */
  readonly proof: Scalars['String']['input'];
  /** The public signals in the order that the circuit declares, decimal digits. */
  readonly publicSignals: ReadonlyArray<Scalars['String']['input']>;
  /** The tier whose group the proof is for. */
  readonly tier: Tier;
};

/** What the exchange does at a time of the day. */
export type MarketPhase =
  /** The auction has traded and continuous trading has not begun: it takes no orders. */
  | 'BUFFER'
  /** It takes no orders. Orders of the day have ended. */
  | 'CLOSED'
  /** Orders trade as they come. */
  | 'CONTINUOUS'
  /** The whole market is halted, because an index has moved too far. It opens again by a call auction. */
  | 'HALTED'
  /** It takes orders for a call auction, which has one price for all; nothing trades yet. A MARKET order trades at that price, whatever it is. */
  | 'PRE_OPEN';

/** Other terms for an open order; what is null stays. A smaller quantity keeps its place in the queue, any other change loses it. */
export type ModifyOrderInput = {
  /** Units shown at a time, for orders that hide some; null to leave it. */
  readonly displayQuantity?: InputMaybe<Scalars['BigInt']['input']>;
  /** Worst price in rupees, for orders that have one; null to leave it. */
  readonly limitPrice?: InputMaybe<Scalars['Decimal']['input']>;
  /** Global id of the order. */
  readonly orderId: Scalars['ID']['input'];
  /** Units in all, more than have traded already, a multiple of the lot size; null to leave it. */
  readonly quantity?: InputMaybe<Scalars['BigInt']['input']>;
  /** Trigger price in rupees, for stops that were not triggered yet; null to leave it. */
  readonly triggerPrice?: InputMaybe<Scalars['Decimal']['input']>;
};

/** The proof that whoever asks is a member who joined before. */
export type OpenMemberSessionInput = {
  /** A challenge as `butler { challenge { value } }` gave it. */
  readonly challenge: Scalars['String']['input'];
  /** Proof of TIER_MEMBERSHIP in the JSON form of snarkjs. Its message is the first 31 bytes, big-endian, of the SHA-256 of the JSON text ["gridworks/message/v1","OPEN_MEMBER_SESSION",challenge]. */
  readonly proof: Scalars['String']['input'];
  /** The public signals in the order that the circuit declares, decimal digits. */
  readonly publicSignals: ReadonlyArray<Scalars['String']['input']>;
};

/** What can happen to an order. */
export type OrderEventKind =
  /** What was left of it left the market. */
  | 'CANCELLED'
  /** The broker is asked to cancel it; until it says so the order may trade. */
  | 'CANCEL_REQUESTED'
  /** The broker that carries it out has it; after a doubt, has it still. */
  | 'CONFIRMED'
  /** It was accepted. */
  | 'CREATED'
  /** Where it stands at the broker is not known any more. */
  | 'DOUBTED'
  /** An after-market order went to the call auction of a new trading day. */
  | 'ENTERED'
  /** A part of it, or all, traded. */
  | 'EXECUTED'
  /** Nothing happened to an order: events between the last one you saw and this one are no longer kept, or never were here. Only `orderUpdates` says so. */
  | 'GAP'
  /** Its terms changed: its owner wished so, it met an order of the same user that takes the same quantity from both, or it is a MARKET order that a call auction left over: it waits at the price of the auction. */
  | 'MODIFIED'
  /** The broker, or the exchange behind it, did not change it: it stands under its earlier terms. */
  | 'MODIFY_REFUSED'
  /** The broker is asked for other terms; until it says that it has them, or has refused, the order stands under the earlier ones and holds what either may need. */
  | 'MODIFY_REQUESTED'
  /** The broker, or the exchange behind it, turned it down. */
  | 'REJECTED'
  /** A trade reached the trigger price of a stop. */
  | 'TRIGGERED';

/** Who placed an order. */
export type OrderOrigin =
  /** The exchange, which closes what its owner holds or owes under MIS; `squareOffReason` says why. */
  | 'SQUARE_OFF'
  /** Its owner. */
  | 'USER';

/** Where an order stands. */
export type OrderStatus =
  /** An after-market order: waits for the call auction of the next trading day. */
  | 'AMO_PENDING'
  /** What had not traded left the market; a part may have traded before. */
  | 'CANCELLED'
  /** All of it has traded. */
  | 'FILLED'
  /** Waits; nothing has traded. */
  | 'OPEN'
  /** A part has traded, the rest waits. */
  | 'PARTIALLY_FILLED'
  /** Accepted and held for; the broker that is to carry it out has not confirmed it yet. */
  | 'PENDING'
  /** The broker, or the exchange behind it, turned it down; `rejectReason` says why. A part may have traded before. */
  | 'REJECTED'
  /** A stop that no trade has triggered yet. */
  | 'TRIGGER_PENDING'
  /** The broker that carries it out has not said, or contradicts itself about, where it stands. It may trade or have traded, and goes on holding what it holds, until the broker was asked again and its word is clear. `filledQuantity` is what is certain. */
  | 'UNKNOWN';

/** How an order names its price. */
export type OrderType =
  /** Trades at its limit price or better. */
  | 'LIMIT'
  /** Trades at once at the best prices there are, up to the end of the price band. */
  | 'MARKET'
  /** Waits for a trade at its trigger price or beyond (a purchase at or above it, a sale at or below), then trades like a MARKET order, up to the end of the price band of the day on which it was placed. */
  | 'STOP'
  /** Waits for a trade at its trigger price or beyond, then is a LIMIT order. */
  | 'STOP_LIMIT';

/** Whether a partner may call the graph. */
export type PartnerStatus =
  /** Approved: its keys work. */
  | 'ACTIVE'
  /** Registered and not approved yet: may set up apps, but has no keys. */
  | 'PENDING'
  /** Stopped by an operator: none of its keys works. */
  | 'SUSPENDED';

/** Why partners said no. The list is closed; new codes are announced as schema changes. */
export type PartnersRefusalCode =
  /** A partner has at most 10 apps. */
  | 'APPS_TOO_MANY'
  /** There is no such app. */
  | 'APP_UNKNOWN'
  /** An app has at most 5 keys that are not revoked; revoke one first. */
  | 'KEYS_TOO_MANY'
  /** There is no such key. */
  | 'KEY_UNKNOWN'
  /** The name holds characters that cannot be seen, or no letter and no digit. */
  | 'NAME_CHARACTERS_INVALID'
  /** The name has fewer than 2 or more than 60 characters. */
  | 'NAME_LENGTH_INVALID'
  /** The name would pass for the platform itself. */
  | 'NAME_RESERVED'
  /** The name is in use. */
  | 'NAME_TAKEN'
  /** You have registered a partner already. */
  | 'PARTNER_EXISTS'
  /** The partner is not approved yet; keys can be made once it is. */
  | 'PARTNER_PENDING'
  /** The partner is suspended. */
  | 'PARTNER_SUSPENDED'
  /** There is no such partner. */
  | 'PARTNER_UNKNOWN'
  /** A key needs at least one scope. */
  | 'SCOPES_EMPTY';

/** Who serves a member. */
export type PersonaName =
  /** Serves VOID. */
  | 'NEXUS'
  /** Serves OBSIDIAN. */
  | 'PRISM'
  /** Serves ONYX. */
  | 'STERLING';

/** Orders that are placed all or not at all. */
export type PlaceBasketInput = {
  /** Your own name for the basket: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same basket under it again changes nothing and answers with how it stands. */
  readonly clientBasketId: Scalars['String']['input'];
  /** 1 to 20 orders, placed in this order, each under a client order id of its own that is new. */
  readonly orders: ReadonlyArray<PlaceOrderInput>;
};

/** The wish to trade. */
export type PlaceOrderInput = {
  /** Places it while the exchange is closed, for the call auction of the next trading day: what it may cost is held at once. Not for IOC, FOK, post-only, or orders that show a part of themselves. */
  readonly afterMarket?: Scalars['Boolean']['input'];
  /** Your own name for the order: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same order under it again changes nothing and answers with the first. */
  readonly clientOrderId: Scalars['String']['input'];
  /** Shows others so many units at a time, at least a tenth of the quantity: for LIMIT orders that may wait. Each next part queues anew. Null to show all. */
  readonly displayQuantity?: InputMaybe<Scalars['BigInt']['input']>;
  /** Last day of a GTD order in India, YYYY-MM-DD, at most a year ahead; null for the others. */
  readonly goodTill?: InputMaybe<Scalars['String']['input']>;
  /** Worst price in rupees, a multiple of the tick size within the price band; null for MARKET and STOP orders. */
  readonly limitPrice?: InputMaybe<Scalars['Decimal']['input']>;
  /** Refuses the order rather than trade at once: for LIMIT orders that may wait. */
  readonly postOnly?: Scalars['Boolean']['input'];
  /** What the shares are meant for. */
  readonly product: Product;
  /** Units: 1 to 10,000,000, a multiple of the lot size, at most the freeze quantity unless it is sliced. */
  readonly quantity: Scalars['BigInt']['input'];
  /** What happens when it meets another order of yours. */
  readonly selfTradePrevention?: SelfTradePrevention;
  /** Buy or sell. A sale needs the shares; there is no short selling. */
  readonly side: Side;
  /** Symbol of the instrument, for example "RELIANCE". */
  readonly symbol: Scalars['String']['input'];
  /** The price in rupees whose trade triggers a stop, a multiple of the tick size within the price band: of a STOP_LIMIT purchase at most its limit, of a sale at least. If the last trade was there already, it is triggered at once. Null for LIMIT and MARKET orders. */
  readonly triggerPrice?: InputMaybe<Scalars['Decimal']['input']>;
  /** How the order names its price. */
  readonly type: OrderType;
  /** How long it waits. */
  readonly validity?: Validity;
};

/** Recorded market data of one instrument: at most 1,000 entries, each list in order of time. */
export type PlayMarketInput = {
  /** Recorded trades. */
  readonly prints?: ReadonlyArray<RecordedPrintInput>;
  /** Recorded best prices. Without any, plausible quotes are laid around each trade. */
  readonly quotes?: ReadonlyArray<RecordedQuoteInput>;
  /** Symbol of the instrument. */
  readonly symbol: Scalars['String']['input'];
};

/** What the shares are meant for; each product is a position of its own. */
export type Product =
  /** Cash and carry: delivered and kept. */
  | 'CNC'
  /** Margin intraday square-off: closed within the day, for a part of the value; may be sold before it is bought. */
  | 'MIS';

/** The weights that your portfolio is to be brought to. */
export type RebalancePortfolioInput = {
  /** Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same wish under it again changes nothing and answers with how it stands. */
  readonly clientRebalancingId: Scalars['String']['input'];
  /** How far from the last price an order may trade, in hundredths of a percent: 0 to 500. */
  readonly slippageBps?: Scalars['Int']['input'];
  /** 1 to 50 instruments, each once, whose weights come to 10,000 at most. What is left over is cash, and what is held and not named is sold. */
  readonly targets: ReadonlyArray<TargetInput>;
};

/** The weights that a portfolio would be brought to. */
export type RebalancingPreviewInput = {
  /** How far from the last price an order may trade, in hundredths of a percent: 0 to 500. */
  readonly slippageBps?: Scalars['Int']['input'];
  /** 1 to 50 instruments, each once, whose weights come to 10,000 at most. What is left over is cash, and what is held and not named is sold. */
  readonly targets: ReadonlyArray<TargetInput>;
};

/** A recorded trade. */
export type RecordedPrintInput = {
  /** When it traded. */
  readonly at: Scalars['DateTime']['input'];
  /** Price, in the instrument's currency. */
  readonly price: Scalars['Decimal']['input'];
  /** Units traded; 0 where only a price was recorded. */
  readonly quantity: Scalars['BigInt']['input'];
};

/** A recorded best price of one side. */
export type RecordedQuoteInput = {
  /** When it was shown. */
  readonly at: Scalars['DateTime']['input'];
  /** Price, in the instrument's currency. */
  readonly price: Scalars['Decimal']['input'];
  /** Units shown, at least 1. */
  readonly quantity: Scalars['BigInt']['input'];
  /** BUY for the bid, SELL for the ask. */
  readonly side: Side;
};

/** Somebody new. */
export type RegisterInput = {
  /** Name for others, 1 to 80 characters. */
  readonly displayName: Scalars['String']['input'];
  /** E-mail address; unique within the tenant, case does not matter. */
  readonly email: Scalars['String']['input'];
  /** Password of 10 to 200 characters. */
  readonly password: Scalars['String']['input'];
  /** Short name of the tenant to join, for example "gridworks". */
  readonly tenant: Scalars['String']['input'];
};

/** A new partner; its owner is whoever asks. */
export type RegisterPartnerInput = {
  /** Name for people, 2 to 60 characters, unique within the tenant. */
  readonly name: Scalars['String']['input'];
};

/** Why a broker, or the exchange behind it, turned an order down. */
export type RejectReason =
  /** For its quantity. */
  | 'FREEZE_QUANTITY_EXCEEDED'
  /** For want of funds there. */
  | 'FUNDS_INSUFFICIENT'
  /** For want of the shares there. */
  | 'HOLDINGS_INSUFFICIENT'
  /** For its instrument, which is not traded there, or not now. */
  | 'INSTRUMENT_NOT_TRADABLE'
  /** It never arrived there, or could not be sent while it was fresh. */
  | 'NOT_PLACED'
  /** For another reason. */
  | 'OTHER'
  /** For its price. */
  | 'PRICE_OUT_OF_BAND'
  /** For its time: the exchange took no orders. */
  | 'SESSION_CLOSED';

/** What became of an unknown order. */
export type ResolveUnknownOrderInput = {
  /** The broker's id of the order, 1 to 64 letters or digits, for FOUND; null for ABSENT. */
  readonly brokerOrderId?: InputMaybe<Scalars['String']['input']>;
  /** What became of it. */
  readonly finding: BrokerFinding;
  /** Global id of the order. */
  readonly orderId: Scalars['ID']['input'];
  /** Why you say so, 1 to 500 characters; it is kept in the audit trail with your name. */
  readonly reason: Scalars['String']['input'];
};

/** What an operator decides about a partner. */
export type ReviewDecision =
  /** The partner becomes ACTIVE. */
  | 'APPROVE'
  /** The partner becomes SUSPENDED; its keys stop working and stay. */
  | 'SUSPEND';

/** What an operator decides about which partner. */
export type ReviewPartnerInput = {
  /** The decision. */
  readonly decision: ReviewDecision;
  /** The partner. */
  readonly partnerId: Scalars['ID']['input'];
};

/** A key that shall not work any more. */
export type RevokeApiKeyInput = {
  /** The key. */
  readonly keyId: Scalars['ID']['input'];
};

/** What a user may do besides reading their own things. */
export type Role =
  /** Runs the platform for a tenant. */
  | 'OPERATOR'
  /** Builds on the platform: apps, keys, usage. */
  | 'PARTNER'
  /** Trades for themself. */
  | 'TRADER';

/** How far work in several steps has come. */
export type SagaStatus =
  /** What was done was taken back. */
  | 'COMPENSATED'
  /** What was done is being taken back. */
  | 'COMPENSATING'
  /** Every step was done. */
  | 'COMPLETED'
  /** Steps are being done. */
  | 'RUNNING';

/** A watchlist as it is to be from now on. */
export type SaveWatchlistInput = {
  /** Global id of the list to change; null replaces the list of this name, or makes it where there is none. */
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  /** 1 to 40 characters; blanks around it are cut off. */
  readonly name: Scalars['String']['input'];
  /** Symbols in the order in which they are to be shown, up to 50; repetitions are left out. */
  readonly symbols: ReadonlyArray<Scalars['String']['input']>;
};

/** What an identity may do once an epoch. */
export type ScopePurpose =
  /** Join under a codename; later proofs in this scope find the member again. */
  | 'MEMBERSHIP';

/** What happens when an order meets another one of the same user; the mode of the one that arrives counts. */
export type SelfTradePrevention =
  /** Both leave. */
  | 'CANCEL_BOTH'
  /** The one that arrives leaves. */
  | 'CANCEL_NEWEST'
  /** The one that waits leaves, and the other goes on. */
  | 'CANCEL_OLDEST'
  /** Both lose the smaller quantity; nothing trades. */
  | 'DECREMENT';

/** What is told of a running service. */
export type ServiceEventKind =
  /** It was started or stopped, or another graph came into force. */
  | 'DEPLOYMENT'
  /** A bug, or a loss that nothing will mend by itself. */
  | 'ERROR'
  /** How it is; told when that changes. */
  | 'HEALTH'
  /** What it answered and how fast; told once a minute where there was something. */
  | 'PERFORMANCE'
  /** Something that is tried again, or was done without. */
  | 'WARNING';

/** How a service is. */
export type ServiceStatus =
  /** It serves, and some of its parts do not work. */
  | 'DEGRADED'
  /** It was stopped. One that was killed tells nothing; the gateway misses it. */
  | 'DOWN'
  /** All of its parts work. */
  | 'UP';

/** Which way an order trades. */
export type Side =
  /** Takes shares for cash. */
  | 'BUY'
  /** Gives shares for cash. */
  | 'SELL';

/** A login at the broker. */
export type SignInAtBrokerInput = {
  /** What the login page of the broker sends back as `request_token`: good for a few minutes, and once. It is kept nowhere. */
  readonly requestToken: Scalars['String']['input'];
};

/** Who signs in, and the proof. */
export type SignInInput = {
  /** E-mail address. */
  readonly email: Scalars['String']['input'];
  /** Password. */
  readonly password: Scalars['String']['input'];
  /** Short name of the tenant. */
  readonly tenant: Scalars['String']['input'];
};

/** Why the exchange closes a position under MIS. */
export type SquareOffReason =
  /** The day is ending: ten minutes before the close, or in the next auction what was left. */
  | 'DAY_END'
  /** At the last prices the open positions of the day had lost 80 % of the margin that was held for them. */
  | 'MARGIN_CALL';

/** How much of a portfolio an instrument is to be. */
export type TargetInput = {
  /** Symbol of the instrument, for example "RELIANCE". */
  readonly symbol: Scalars['String']['input'];
  /** Its weight in hundredths of a percent, 0 to 10,000: of what is held with CNC and of the buying power together. */
  readonly weightBps: Scalars['Int']['input'];
};

/** What a watcher of ticks is told, each mode more than the one before it. */
export type TickMode =
  /** Also when anything changes within the five best prices of a side. */
  | 'FULL'
  /** Every trade. */
  | 'LTP'
  /** Also when the best price of a side changes, or what waits there. */
  | 'QUOTE';

/** Where a tick comes from. */
export type TickSource =
  /** The market as it happens. */
  | 'LIVE'
  /** Recorded market data that is being played again. */
  | 'REPLAY';

/** What a trader subscribes to. The last three form the private Black tier. */
export type Tier =
  /** For professionals. */
  | 'ELITE'
  /** Entry tier. */
  | 'LITE'
  /** Black tier, second degree; served by Prism. */
  | 'OBSIDIAN'
  /** Black tier, first degree; served by Sterling. */
  | 'ONYX'
  /** For active traders. */
  | 'PRO'
  /** Black tier, third degree; served by Nexus. */
  | 'VOID';

/** Why trading said no. The list is closed; new codes are announced as schema changes. */
export type TradingRefusalCode =
  /** You have 100 alerts that wait, which is as many as there can be. */
  | 'ALERTS_TOO_MANY'
  /** The alert was triggered or cancelled already. */
  | 'ALERT_CLOSED'
  /** The price of an alert lies above 0 and is at most a crore. */
  | 'ALERT_PRICE_INVALID'
  /** The last price is there already. */
  | 'ALERT_REACHED'
  /** You have no alert of this id. */
  | 'ALERT_UNKNOWN'
  /** A call auction takes plain orders only: none that is IOC or FOK, shows a part of itself, or is post-only. */
  | 'AUCTION_TERMS_NOT_ALLOWED'
  /** A basket has 1 to 20 orders, each under a name of its own. */
  | 'BASKET_INVALID'
  /** A batch has 1 to 1,000 entries in order of time, with positive prices and quantities. */
  | 'BATCH_INVALID'
  /** Orders are matched here: there is no broker. */
  | 'BROKER_MISSING'
  /** FOUND needs the broker's id of the order, 1 to 64 letters or digits; ABSENT takes none. */
  | 'BROKER_ORDER_ID_INVALID'
  /** The broker's order of this id is another one. */
  | 'BROKER_ORDER_OTHER'
  /** The broker has no order of this id, or none that it tells of. */
  | 'BROKER_ORDER_UNKNOWN'
  /** A client alert id has 1 to 64 letters, digits, dots, colons, dashes or underscores. */
  | 'CLIENT_ALERT_ID_INVALID'
  /** You have used this client alert id for another alert. */
  | 'CLIENT_ALERT_ID_REUSED'
  /** A client basket id has 1 to 64 letters, digits, dots, colons, dashes or underscores. */
  | 'CLIENT_BASKET_ID_INVALID'
  /** You have used this client basket id for another basket. */
  | 'CLIENT_BASKET_ID_REUSED'
  /** A client id has 1 to 64 letters, digits, dots, colons, dashes or underscores. */
  | 'CLIENT_GTT_ID_INVALID'
  /** You have used this client id for another good-till-triggered order. */
  | 'CLIENT_GTT_ID_REUSED'
  /** A client order id has 1 to 64 letters, digits, dots, colons, dashes or underscores. */
  | 'CLIENT_ORDER_ID_INVALID'
  /** You have used this client order id for another order. */
  | 'CLIENT_ORDER_ID_REUSED'
  /** A client rebalancing id has 1 to 64 letters, digits, dots, colons, dashes or underscores. */
  | 'CLIENT_REBALANCING_ID_INVALID'
  /** You have used this client rebalancing id for another rebalancing. */
  | 'CLIENT_REBALANCING_ID_REUSED'
  /** The quantity shown must lie between a tenth of the quantity and all of it. */
  | 'DISPLAY_QUANTITY_INVALID'
  /** Only a LIMIT order that may wait shows a part of its quantity, and only from the beginning. */
  | 'DISPLAY_QUANTITY_NOT_ALLOWED'
  /** You owe what positions of the day lost beyond all you had: until that is paid off, you can only sell what you hold and close positions. */
  | 'DUES_OUTSTANDING'
  /** The quantity is above the freeze quantity; `placeSlicedOrder` cuts up to 20 times as much into several orders. */
  | 'FREEZE_QUANTITY_EXCEEDED'
  /** The buying power does not cover this order: its value, or under MIS the margin, and the charges. */
  | 'FUNDS_INSUFFICIENT'
  /** The last day is a date, YYYY-MM-DD, from today to a year ahead. */
  | 'GOOD_TILL_INVALID'
  /** Only a GTD order takes a last day. */
  | 'GOOD_TILL_NOT_ALLOWED'
  /** A GTD order needs its last day. */
  | 'GOOD_TILL_REQUIRED'
  /** You have 100 good-till-triggered orders that wait, which is as many as there can be. */
  | 'GTTS_TOO_MANY'
  /** It was triggered or cancelled already. */
  | 'GTT_CLOSED'
  /** There is one leg, or two: one above the last price and one below. */
  | 'GTT_LEGS_INVALID'
  /** The prices of a leg lie above 0 and are at most a crore. */
  | 'GTT_PRICE_INVALID'
  /** The last price is there already. */
  | 'GTT_REACHED'
  /** You have no good-till-triggered order of this id. */
  | 'GTT_UNKNOWN'
  /** You do not have this quantity free to sell under this product; only MIS sells what it does not have. */
  | 'HOLDINGS_INSUFFICIENT'
  /** It can be watched but not traded: an index, or quoted in another currency than rupees. */
  | 'INSTRUMENT_NOT_TRADABLE'
  /** There is no instrument of this symbol. */
  | 'INSTRUMENT_UNKNOWN'
  /** The quantity is not a multiple of the lot size. */
  | 'LOT_SIZE_VIOLATED'
  /** The whole market is halted, because it has moved too far. */
  | 'MARKET_HALTED'
  /** Positions of the day are being closed: none is opened under MIS until tomorrow. */
  | 'MIS_CLOSED'
  /** It is known where the order stands. */
  | 'ORDER_CERTAIN'
  /** The order is filled or cancelled already. */
  | 'ORDER_CLOSED'
  /** You have placed as many orders within one second as one may. */
  | 'ORDER_RATE_EXCEEDED'
  /** You have placed too many orders today for the trades that came of them. */
  | 'ORDER_TO_TRADE_EXCEEDED'
  /** You have no order of this id. */
  | 'ORDER_UNKNOWN'
  /** You would have more of this instrument, orders included, than one user may. */
  | 'POSITION_LIMIT_EXCEEDED'
  /** Only a LIMIT order that may wait can be post-only. */
  | 'POST_ONLY_NOT_ALLOWED'
  /** The order is post-only and would trade at once. */
  | 'POST_ONLY_WOULD_TRADE'
  /** An order of this type takes no limit price. */
  | 'PRICE_NOT_ALLOWED'
  /** The price lies outside the day's price band. */
  | 'PRICE_OUT_OF_BAND'
  /** An order of this type needs a limit price. */
  | 'PRICE_REQUIRED'
  /** As much as that, or more, has traded already. */
  | 'QUANTITY_FILLED'
  /** The quantity must lie between 1 and 10000000. */
  | 'QUANTITY_INVALID'
  /** A reason has 1 to 500 characters, none of them a control character. */
  | 'REASON_INVALID'
  /** Another rebalancing of yours is under way. */
  | 'REBALANCING_UNDER_WAY'
  /** The portfolio is as near to these weights as whole lots and the cash there is allow. */
  | 'REBALANCING_UNNEEDED'
  /** The broker does not take this request token: one is good for a few minutes, and once. */
  | 'REQUEST_TOKEN_INVALID'
  /** The exchange takes no orders now: it is closed, or between its opening auction and trading. */
  | 'SESSION_CLOSED'
  /** An after-market order is for when the exchange is closed. */
  | 'SESSION_OPEN'
  /** The slippage lies between 0 and 500 hundredths of a percent. */
  | 'SLIPPAGE_INVALID'
  /** The price is not a multiple of the tick size. */
  | 'TICK_SIZE_VIOLATED'
  /** A buying stop is triggered at or below its limit price, a selling one at or above it. */
  | 'TRIGGER_PRICE_INVALID'
  /** Only a stop that was not triggered yet takes a trigger price. */
  | 'TRIGGER_PRICE_NOT_ALLOWED'
  /** A stop needs a trigger price. */
  | 'TRIGGER_PRICE_REQUIRED'
  /** An order of this type does not wait like that: a MARKET order takes DAY, IOC or FOK, a stop DAY, GTC or GTD, and nothing of MIS outlasts its day. */
  | 'VALIDITY_NOT_ALLOWED'
  /** The broker that carries orders out cannot be reached at the moment. */
  | 'VENUE_UNAVAILABLE'
  /** The broker that carries orders out does not take this. */
  | 'VENUE_UNSUPPORTED'
  /** You have 20 watchlists, which is as many as there can be. */
  | 'WATCHLISTS_TOO_MANY'
  /** The name of a watchlist has 1 to 40 characters, none of them a control character. */
  | 'WATCHLIST_NAME_INVALID'
  /** Another watchlist of yours has this name. */
  | 'WATCHLIST_NAME_USED'
  /** A watchlist holds at most 50 instruments. */
  | 'WATCHLIST_TOO_LONG'
  /** You have no watchlist of this id. */
  | 'WATCHLIST_UNKNOWN'
  /** A rebalancing names 1 to 50 instruments, each once, with weights of 0 to 10,000 hundredths of a percent that come to 10,000 at most. */
  | 'WEIGHTS_INVALID';

/** Why money moved. */
export type TransferKind =
  /** The charges of an order were taken from what is held. */
  | 'CHARGES'
  /** A trade was paid for out of what is held, or its proceeds came in there; under MIS its margin was held or set free, and a profit or loss settled. */
  | 'FILL'
  /** Funds of a new order were set aside, from available to held. */
  | 'HOLD'
  /** Margin of positions of the day (MIS) was held or set free, or what was owed was paid off; a trade under MIS is a FILL. */
  | 'MARGIN'
  /** The credit with which a wallet opens. */
  | 'OPENING_CREDIT'
  /** What an order no longer needs went back, from held to available. */
  | 'RELEASE'
  /** It left the wallet and waits to be paid out. */
  | 'WITHDRAWAL';

/** A span of time that ends now. */
export type UsagePeriod =
  /** The last 24 hours. */
  | 'DAY'
  /** The last 60 minutes. */
  | 'HOUR'
  /** The last 7 days. */
  | 'WEEK';

/** Why users said no. The list is closed; new codes are announced as schema changes. */
export type UsersRefusalCode =
  /** Tenant, e-mail address and password do not belong together. */
  | 'CREDENTIALS_WRONG'
  /** The display name is empty or longer than 80 characters. */
  | 'DISPLAY_NAME_INVALID'
  /** The e-mail address is not one. */
  | 'EMAIL_INVALID'
  /** This tenant already has a user of this e-mail address. */
  | 'EMAIL_TAKEN'
  /** The password has fewer than 10 or more than 200 characters, or contains the e-mail address. */
  | 'PASSWORD_WEAK'
  /** There is no tenant of this name. */
  | 'TENANT_UNKNOWN';

/** How long an order waits. A MARKET order never waits: it takes DAY, IOC or FOK. A stop takes DAY, GTC or GTD. */
export type Validity =
  /** Until it is filled or cancelled, at most to the close; where the exchange trades around the clock, to the end of the day in India. */
  | 'DAY'
  /** Fill or kill: trades whole at once, or not at all. */
  | 'FOK'
  /** Good till cancelled: waits from day to day. Not for MIS. */
  | 'GTC'
  /** Good till date: waits to the end of the day that `goodTill` names. Not for MIS. */
  | 'GTD'
  /** Immediate or cancel: what does not trade at once is cancelled. */
  | 'IOC';

/** Whether orders can be sent there just now. */
export type VenueConnection =
  /** They can, and what is known of earlier ones was compared with the venue. */
  | 'CONNECTED'
  /** They cannot: the venue is away, or what is known of it may be old. It is tried again by itself. */
  | 'DISCONNECTED'
  /** They cannot until somebody has signed in at the broker anew. */
  | 'LOGGED_OUT';

/** What carries orders out. */
export type VenueKind =
  /** A broker. It takes DAY and IOC orders that show all of their quantity; it confirms, changes, fills and cancels them in its own time. */
  | 'BROKER'
  /** The exchange of this graph: nothing leaves it. */
  | 'EMBEDDED';

/** One of the balances of a wallet. */
export type WalletBalance =
  /** What new orders may use. */
  | 'AVAILABLE'
  /** What open orders have set aside, and proceeds of sales that are not settled up yet. */
  | 'HELD'
  /** What is held for positions of the day (MIS) and the orders that open them. */
  | 'MARGIN';

/** Money that you want out of your wallet. */
export type WithdrawFundsInput = {
  /** Rupees, 1.00 to 10 crores. */
  readonly amount: Scalars['Decimal']['input'];
  /** Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same amount under it again changes nothing and answers with how it stands. */
  readonly clientWithdrawalId: Scalars['String']['input'];
};

/** How far a withdrawal has come. */
export type WithdrawalStatus =
  /** It took too long, and nothing has left the wallet. */
  | 'CANCELLED'
  /** It has left the wallet and waits among the payouts to send. That a bank has it is not said here. */
  | 'POSTED'
  /** So much was not free; nothing has changed. */
  | 'REFUSED'
  /** Orders cannot promise it any more; it leaves the wallet next. */
  | 'RELEASED'
  /** It is asked whether so much is free. */
  | 'REQUESTED';

export type WatchSubscriptionVariables = Exact<{
  symbols: ReadonlyArray<Scalars['String']['input']> | Scalars['String']['input'];
}>;


export type WatchSubscription = { readonly __typename?: 'Subscription', readonly ticks: { readonly __typename?: 'Tick', readonly sequence: number | string, readonly at: string, readonly price: string, readonly quantity: number | string, readonly conflated: number, readonly depth: { readonly __typename?: 'Depth', readonly bids: ReadonlyArray<{ readonly __typename?: 'DepthLevel', readonly price: string, readonly quantity: number | string }>, readonly asks: ReadonlyArray<{ readonly __typename?: 'DepthLevel', readonly price: string, readonly quantity: number | string }> }, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly name: string, readonly forecast?: { readonly __typename?: 'Forecast', readonly annualisedVolatility: number } | null } } };

export type InstrumentPageQueryVariables = Exact<{
  symbol: Scalars['String']['input'];
}>;


export type InstrumentPageQuery = { readonly __typename?: 'Query', readonly instrument?: { readonly __typename?: 'Instrument', readonly symbol: string, readonly name: string, readonly exchange: Exchange, readonly tickSize: string, readonly lotSize: number | string, readonly priceBand: { readonly __typename?: 'PriceBand', readonly lower: string, readonly upper: string }, readonly quote: { readonly __typename?: 'Quote', readonly last: string, readonly open?: string | null, readonly high?: string | null, readonly low?: string | null, readonly previousClose: string, readonly volume: number | string, readonly at?: string | null }, readonly depth: { readonly __typename?: 'Depth', readonly bids: ReadonlyArray<{ readonly __typename?: 'DepthLevel', readonly price: string, readonly quantity: number | string, readonly orders: number }>, readonly asks: ReadonlyArray<{ readonly __typename?: 'DepthLevel', readonly price: string, readonly quantity: number | string, readonly orders: number }> }, readonly candles: ReadonlyArray<{ readonly __typename?: 'Candle', readonly start: string, readonly open: string, readonly high: string, readonly low: string, readonly close: string, readonly volume: number | string }>, readonly forecast?: { readonly __typename?: 'Forecast', readonly annualisedVolatility: number, readonly valueAtRisk99: number } | null, readonly indicators?: { readonly __typename?: 'Indicators', readonly rsi14?: number | null, readonly sma20?: string | null } | null } | null };

export type SignInMutationVariables = Exact<{
  input: SignInInput;
}>;


export type SignInMutation = { readonly __typename?: 'Mutation', readonly signIn: { readonly __typename?: 'SignInPayload', readonly session?: { readonly __typename?: 'Session', readonly accessToken: string, readonly expiresAt: string } | null, readonly user?: { readonly __typename?: 'User', readonly id: string, readonly displayName: string, readonly tier?: Tier | null } | null, readonly refusal?: { readonly __typename?: 'UsersRefusal', readonly code: UsersRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type HomeQueryVariables = Exact<{ [key: string]: never; }>;


export type HomeQuery = { readonly __typename?: 'Query', readonly me?: { readonly __typename?: 'User', readonly displayName: string, readonly tier?: Tier | null, readonly wallet?: { readonly __typename?: 'Wallet', readonly available: { readonly __typename?: 'Money', readonly amount: string, readonly currency: Currency }, readonly held: { readonly __typename?: 'Money', readonly amount: string } } | null, readonly buyingPower?: { readonly __typename?: 'Money', readonly amount: string } | null, readonly margin?: { readonly __typename?: 'Margin', readonly used: { readonly __typename?: 'Money', readonly amount: string }, readonly dues: { readonly __typename?: 'Money', readonly amount: string } } | null, readonly portfolio?: { readonly __typename?: 'Portfolio', readonly xirr?: number | null, readonly value: { readonly __typename?: 'Money', readonly amount: string }, readonly dayPnl: { readonly __typename?: 'Money', readonly amount: string }, readonly holdings: { readonly __typename?: 'HoldingConnection', readonly edges: ReadonlyArray<{ readonly __typename?: 'HoldingEdge', readonly node: { readonly __typename?: 'Holding', readonly quantity: number | string, readonly settledQuantity: number | string, readonly averagePrice: string, readonly unrealisedPnl: { readonly __typename?: 'Money', readonly amount: string }, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly name: string, readonly lastPrice: string, readonly forecast?: { readonly __typename?: 'Forecast', readonly annualisedVolatility: number } | null } } }> } } | null, readonly positions?: ReadonlyArray<{ readonly __typename?: 'Position', readonly quantity: number | string, readonly averagePrice: string, readonly unrealisedPnl: { readonly __typename?: 'Money', readonly amount: string }, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly name: string, readonly lastPrice: string, readonly forecast?: { readonly __typename?: 'Forecast', readonly annualisedVolatility: number } | null } }> | null, readonly orders?: { readonly __typename?: 'OrderConnection', readonly edges: ReadonlyArray<{ readonly __typename?: 'OrderEdge', readonly node: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly side: Side, readonly quantity: number | string, readonly filledQuantity: number | string, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string }, readonly charges?: { readonly __typename?: 'Charges', readonly total: { readonly __typename?: 'Money', readonly amount: string } } | null } }> } | null } | null };

export type BuyMutationVariables = Exact<{
  input: PlaceOrderInput;
}>;


export type BuyMutation = { readonly __typename?: 'Mutation', readonly placeOrder: { readonly __typename?: 'PlaceOrderPayload', readonly order?: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string, readonly averagePrice?: string | null, readonly charges?: { readonly __typename?: 'Charges', readonly total: { readonly __typename?: 'Money', readonly amount: string } } | null } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type MyOrdersSubscriptionVariables = Exact<{
  after?: InputMaybe<Scalars['BigInt']['input']>;
}>;


export type MyOrdersSubscription = { readonly __typename?: 'Subscription', readonly orderUpdates: { readonly __typename?: 'OrderUpdate', readonly sequence: number | string, readonly kind: OrderEventKind, readonly order?: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string } | null, readonly trade?: { readonly __typename?: 'Trade', readonly price: string, readonly quantity: number | string } | null, readonly snapshot?: ReadonlyArray<{ readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string }> | null } };

export type CancelMutationVariables = Exact<{
  input: CancelOrderInput;
}>;


export type CancelMutation = { readonly __typename?: 'Mutation', readonly cancelOrder: { readonly __typename?: 'CancelOrderPayload', readonly order?: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type AuditQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type AuditQuery = { readonly __typename?: 'Query', readonly order?: { readonly __typename?: 'Order', readonly status: OrderStatus, readonly filledQuantity: number | string, readonly history: ReadonlyArray<{ readonly __typename?: 'OrderEvent', readonly sequence: number | string, readonly kind: OrderEventKind, readonly at: string }>, readonly trades: ReadonlyArray<{ readonly __typename?: 'Trade', readonly price: string, readonly quantity: number | string, readonly at: string }> } | null };

export type StatementQueryVariables = Exact<{ [key: string]: never; }>;


export type StatementQuery = { readonly __typename?: 'Query', readonly me?: { readonly __typename?: 'User', readonly wallet?: { readonly __typename?: 'Wallet', readonly available: { readonly __typename?: 'Money', readonly amount: string }, readonly held: { readonly __typename?: 'Money', readonly amount: string }, readonly total: { readonly __typename?: 'Money', readonly amount: string }, readonly statement: { readonly __typename?: 'LedgerEntryConnection', readonly edges: ReadonlyArray<{ readonly __typename?: 'LedgerEntryEdge', readonly node: { readonly __typename?: 'LedgerEntry', readonly sequence: number | string, readonly at: string, readonly kind: TransferKind, readonly amount: { readonly __typename?: 'Money', readonly amount: string }, readonly balanceAfter: { readonly __typename?: 'Money', readonly amount: string } } }>, readonly pageInfo: { readonly __typename?: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor?: string | null } } } | null } | null };

export type PartnerDashboardQueryVariables = Exact<{ [key: string]: never; }>;


export type PartnerDashboardQuery = { readonly __typename?: 'Query', readonly viewerPartner?: { readonly __typename?: 'Partner', readonly name: string, readonly status: PartnerStatus, readonly apps: ReadonlyArray<{ readonly __typename?: 'PartnerApp', readonly name: string, readonly keys: ReadonlyArray<{ readonly __typename?: 'ApiKey', readonly prefix: string, readonly scopes: ReadonlyArray<ApiScope>, readonly lastUsedAt?: string | null }>, readonly usage?: { readonly __typename?: 'AppUsage', readonly requests: number | string, readonly errors: number | string } | null }> } | null };

export type ProveQueryVariables = Exact<{
  tier: Tier;
}>;


export type ProveQuery = { readonly __typename?: 'Query', readonly butler: { readonly __typename?: 'Butler', readonly group?: { readonly __typename?: 'MembershipGroup', readonly root: string, readonly size: number, readonly depth: number, readonly leaves: ReadonlyArray<string> } | null, readonly circuit: { readonly __typename?: 'Circuit', readonly wasmUrl: string, readonly zkeyUrl: string, readonly publicSignals: ReadonlyArray<string> }, readonly scope: { readonly __typename?: 'ProofScope', readonly value: string, readonly epoch: number } } };

export type RegisterMutationVariables = Exact<{
  input: RegisterInput;
}>;


export type RegisterMutation = { readonly __typename?: 'Mutation', readonly register: { readonly __typename?: 'RegisterPayload', readonly session?: { readonly __typename?: 'Session', readonly accessToken: string, readonly expiresAt: string } | null, readonly user?: { readonly __typename?: 'User', readonly id: string, readonly displayName: string } | null, readonly refusal?: { readonly __typename?: 'UsersRefusal', readonly code: UsersRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type NodeQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type NodeQuery = { readonly __typename?: 'Query', readonly node?: { readonly __typename?: 'Alert', readonly id: string } | { readonly __typename?: 'Gtt', readonly id: string } | { readonly __typename?: 'Instrument', readonly symbol: string, readonly lastPrice: string, readonly id: string } | { readonly __typename?: 'Member', readonly id: string } | { readonly __typename?: 'Order', readonly status: OrderStatus, readonly id: string } | { readonly __typename?: 'Partner', readonly id: string } | { readonly __typename?: 'PartnerApp', readonly id: string } | { readonly __typename?: 'Plan', readonly id: string } | { readonly __typename?: 'Position', readonly id: string } | { readonly __typename?: 'Tenant', readonly id: string } | { readonly __typename?: 'Trade', readonly id: string } | { readonly __typename?: 'User', readonly displayName: string, readonly id: string } | { readonly __typename?: 'Wallet', readonly id: string } | { readonly __typename?: 'Watchlist', readonly id: string } | null };

export type PlayMutationVariables = Exact<{
  input: PlayMarketInput;
}>;


export type PlayMutation = { readonly __typename?: 'Mutation', readonly playMarket: { readonly __typename?: 'PlayMarketPayload', readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type SaveWatchlistMutationVariables = Exact<{
  input: SaveWatchlistInput;
}>;


export type SaveWatchlistMutation = { readonly __typename?: 'Mutation', readonly saveWatchlist: { readonly __typename?: 'WatchlistPayload', readonly watchlist?: { readonly __typename?: 'Watchlist', readonly id: string, readonly name: string, readonly instruments: ReadonlyArray<{ readonly __typename?: 'Instrument', readonly symbol: string, readonly lastPrice: string }> } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type CreateAlertMutationVariables = Exact<{
  input: CreateAlertInput;
}>;


export type CreateAlertMutation = { readonly __typename?: 'Mutation', readonly createAlert: { readonly __typename?: 'AlertPayload', readonly alert?: { readonly __typename?: 'Alert', readonly id: string, readonly status: AlertStatus, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly lastPrice: string } } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type MyAlertsSubscriptionVariables = Exact<{
  after?: InputMaybe<Scalars['BigInt']['input']>;
}>;


export type MyAlertsSubscription = { readonly __typename?: 'Subscription', readonly alerts: { readonly __typename?: 'AlertUpdate', readonly sequence: number | string, readonly alert: { readonly __typename?: 'Alert', readonly id: string, readonly condition: AlertCondition, readonly price: string, readonly triggeredPrice?: string | null, readonly triggeredAt?: string | null, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly name: string } } } };

export type MyPositionsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type MyPositionsSubscription = { readonly __typename?: 'Subscription', readonly positionUpdates: { readonly __typename?: 'PositionUpdate', readonly position: { readonly __typename?: 'Position', readonly id: string, readonly quantity: number | string, readonly averagePrice: string, readonly realisedPnl: { readonly __typename?: 'Money', readonly amount: string }, readonly unrealisedPnl: { readonly __typename?: 'Money', readonly amount: string }, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly forecast?: { readonly __typename?: 'Forecast', readonly annualisedVolatility: number } | null } } } };

export type ProtectMutationVariables = Exact<{
  input: PlaceOrderInput;
}>;


export type ProtectMutation = { readonly __typename?: 'Mutation', readonly placeOrder: { readonly __typename?: 'PlaceOrderPayload', readonly order?: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly triggerPrice?: string | null } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type ModifyMutationVariables = Exact<{
  input: ModifyOrderInput;
}>;


export type ModifyMutation = { readonly __typename?: 'Mutation', readonly modifyOrder: { readonly __typename?: 'ModifyOrderPayload', readonly order?: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly quantity: number | string, readonly limitPrice?: string | null, readonly triggerPrice?: string | null, readonly filledQuantity: number | string } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type CancelAllMutationVariables = Exact<{
  input: CancelOrdersInput;
}>;


export type CancelAllMutation = { readonly __typename?: 'Mutation', readonly cancelOrders: { readonly __typename?: 'CancelOrdersPayload', readonly orders: ReadonlyArray<{ readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string }>, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type BuySlicedMutationVariables = Exact<{
  input: PlaceOrderInput;
}>;


export type BuySlicedMutation = { readonly __typename?: 'Mutation', readonly placeSlicedOrder: { readonly __typename?: 'PlaceSlicedOrderPayload', readonly orders: ReadonlyArray<{ readonly __typename?: 'Order', readonly id: string, readonly clientOrderId: string, readonly quantity: number | string, readonly status: OrderStatus }>, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type KeepBackMutationVariables = Exact<{
  input: CreateGttInput;
}>;


export type KeepBackMutation = { readonly __typename?: 'Mutation', readonly createGtt: { readonly __typename?: 'GttPayload', readonly gtt?: { readonly __typename?: 'Gtt', readonly id: string, readonly status: GttStatus, readonly legs: ReadonlyArray<{ readonly __typename?: 'GttLeg', readonly condition: AlertCondition, readonly triggerPrice: string, readonly limitPrice: string, readonly quantity: number | string }> } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type MyGttsQueryVariables = Exact<{ [key: string]: never; }>;


export type MyGttsQuery = { readonly __typename?: 'Query', readonly me?: { readonly __typename?: 'User', readonly gtts?: { readonly __typename?: 'GttConnection', readonly edges: ReadonlyArray<{ readonly __typename?: 'GttEdge', readonly node: { readonly __typename?: 'Gtt', readonly id: string, readonly status: GttStatus, readonly side: Side, readonly triggeredPrice?: string | null, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string }, readonly legs: ReadonlyArray<{ readonly __typename?: 'GttLeg', readonly triggerPrice: string, readonly limitPrice: string, readonly quantity: number | string }>, readonly order?: { readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode } | null } }> } | null } | null };

export type PlaceBasketMutationVariables = Exact<{
  input: PlaceBasketInput;
}>;


export type PlaceBasketMutation = { readonly __typename?: 'Mutation', readonly placeBasket: { readonly __typename?: 'PlaceBasketPayload', readonly basket?: { readonly __typename?: 'Basket', readonly status: SagaStatus, readonly orders: ReadonlyArray<{ readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string, readonly averagePrice?: string | null }> } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type RebalancePortfolioMutationVariables = Exact<{
  input: RebalancePortfolioInput;
}>;


export type RebalancePortfolioMutation = { readonly __typename?: 'Mutation', readonly rebalancePortfolio: { readonly __typename?: 'RebalancePortfolioPayload', readonly rebalancing?: { readonly __typename?: 'Rebalancing', readonly status: SagaStatus, readonly orders: ReadonlyArray<{ readonly __typename?: 'RebalancingOrder', readonly side: Side, readonly quantity: number | string, readonly limitPrice: string, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string }, readonly orders: ReadonlyArray<{ readonly __typename?: 'Order', readonly id: string, readonly status: OrderStatus, readonly filledQuantity: number | string, readonly averagePrice?: string | null }> }> } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type RebalancingPreviewQueryVariables = Exact<{
  input: RebalancingPreviewInput;
}>;


export type RebalancingPreviewQuery = { readonly __typename?: 'Query', readonly rebalancingPreview: { readonly __typename?: 'RebalancingPreviewPayload', readonly preview?: { readonly __typename?: 'RebalancingPreview', readonly value: { readonly __typename?: 'Money', readonly amount: string }, readonly orders: ReadonlyArray<{ readonly __typename?: 'ProposedOrder', readonly side: Side, readonly quantity: number | string, readonly limitPrice: string, readonly instrument: { readonly __typename?: 'Instrument', readonly symbol: string, readonly lastPrice: string }, readonly charges: { readonly __typename?: 'Charges', readonly total: { readonly __typename?: 'Money', readonly amount: string } } }> } | null, readonly refusal?: { readonly __typename?: 'TradingRefusal', readonly code: TradingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };

export type WithdrawFundsMutationVariables = Exact<{
  input: WithdrawFundsInput;
}>;


export type WithdrawFundsMutation = { readonly __typename?: 'Mutation', readonly withdrawFunds: { readonly __typename?: 'WithdrawFundsPayload', readonly withdrawal?: { readonly __typename?: 'Withdrawal', readonly id: string, readonly status: WithdrawalStatus, readonly amount: { readonly __typename?: 'Money', readonly amount: string } } | null, readonly refusal?: { readonly __typename?: 'BillingRefusal', readonly code: BillingRefusalCode, readonly message: string, readonly path: ReadonlyArray<string> } | null } };


export const WatchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Watch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"symbols"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticks"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"symbols"},"value":{"kind":"Variable","name":{"kind":"Name","value":"symbols"}}},{"kind":"Argument","name":{"kind":"Name","value":"mode"},"value":{"kind":"EnumValue","value":"FULL"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"conflated"}},{"kind":"Field","name":{"kind":"Name","value":"depth"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bids"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"asks"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"forecast"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"annualisedVolatility"}}]}}]}}]}}]}}]} as unknown as DocumentNode<WatchSubscription, WatchSubscriptionVariables>;
export const InstrumentPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"InstrumentPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"symbol"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"instrument"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"symbol"},"value":{"kind":"Variable","name":{"kind":"Name","value":"symbol"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"exchange"}},{"kind":"Field","name":{"kind":"Name","value":"tickSize"}},{"kind":"Field","name":{"kind":"Name","value":"lotSize"}},{"kind":"Field","name":{"kind":"Name","value":"priceBand"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"lower"}},{"kind":"Field","name":{"kind":"Name","value":"upper"}}]}},{"kind":"Field","name":{"kind":"Name","value":"quote"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"last"}},{"kind":"Field","name":{"kind":"Name","value":"open"}},{"kind":"Field","name":{"kind":"Name","value":"high"}},{"kind":"Field","name":{"kind":"Name","value":"low"}},{"kind":"Field","name":{"kind":"Name","value":"previousClose"}},{"kind":"Field","name":{"kind":"Name","value":"volume"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"depth"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bids"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"orders"}}]}},{"kind":"Field","name":{"kind":"Name","value":"asks"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"orders"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"candles"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"interval"},"value":{"kind":"EnumValue","value":"ONE_MINUTE"}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"IntValue","value":"120"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"start"}},{"kind":"Field","name":{"kind":"Name","value":"open"}},{"kind":"Field","name":{"kind":"Name","value":"high"}},{"kind":"Field","name":{"kind":"Name","value":"low"}},{"kind":"Field","name":{"kind":"Name","value":"close"}},{"kind":"Field","name":{"kind":"Name","value":"volume"}}]}},{"kind":"Field","name":{"kind":"Name","value":"forecast"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"annualisedVolatility"}},{"kind":"Field","name":{"kind":"Name","value":"valueAtRisk99"}}]}},{"kind":"Field","name":{"kind":"Name","value":"indicators"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rsi14"}},{"kind":"Field","name":{"kind":"Name","value":"sma20"}}]}}]}}]}}]} as unknown as DocumentNode<InstrumentPageQuery, InstrumentPageQueryVariables>;
export const SignInDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignIn"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SignInInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signIn"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<SignInMutation, SignInMutationVariables>;
export const HomeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Home"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"wallet"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"held"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"buyingPower"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"margin"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"used"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"dues"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"portfolio"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"value"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"dayPnl"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"xirr"}},{"kind":"Field","name":{"kind":"Name","value":"holdings"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"settledQuantity"}},{"kind":"Field","name":{"kind":"Name","value":"averagePrice"}},{"kind":"Field","name":{"kind":"Name","value":"unrealisedPnl"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"lastPrice"}},{"kind":"Field","name":{"kind":"Name","value":"forecast"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"annualisedVolatility"}}]}}]}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"positions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"averagePrice"}},{"kind":"Field","name":{"kind":"Name","value":"unrealisedPnl"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"lastPrice"}},{"kind":"Field","name":{"kind":"Name","value":"forecast"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"annualisedVolatility"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"orders"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"side"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}}]}},{"kind":"Field","name":{"kind":"Name","value":"charges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<HomeQuery, HomeQueryVariables>;
export const BuyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Buy"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PlaceOrderInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"placeOrder"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}},{"kind":"Field","name":{"kind":"Name","value":"averagePrice"}},{"kind":"Field","name":{"kind":"Name","value":"charges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<BuyMutation, BuyMutationVariables>;
export const MyOrdersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"MyOrders"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"BigInt"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"orderUpdates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"trade"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"snapshot"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}}]}}]}}]}}]} as unknown as DocumentNode<MyOrdersSubscription, MyOrdersSubscriptionVariables>;
export const CancelDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Cancel"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelOrderInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelOrder"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CancelMutation, CancelMutationVariables>;
export const AuditDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Audit"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"order"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}},{"kind":"Field","name":{"kind":"Name","value":"history"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"trades"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}}]}}]}}]} as unknown as DocumentNode<AuditQuery, AuditQueryVariables>;
export const StatementDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Statement"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"wallet"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"held"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"statement"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"amount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"balanceAfter"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<StatementQuery, StatementQueryVariables>;
export const PartnerDashboardDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PartnerDashboard"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewerPartner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"apps"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"keys"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"prefix"}},{"kind":"Field","name":{"kind":"Name","value":"scopes"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"EnumValue","value":"DAY"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"requests"}},{"kind":"Field","name":{"kind":"Name","value":"errors"}}]}}]}}]}}]}}]} as unknown as DocumentNode<PartnerDashboardQuery, PartnerDashboardQueryVariables>;
export const ProveDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Prove"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"tier"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Tier"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"butler"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"group"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"tier"},"value":{"kind":"Variable","name":{"kind":"Name","value":"tier"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"root"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"depth"}},{"kind":"Field","name":{"kind":"Name","value":"leaves"}}]}},{"kind":"Field","name":{"kind":"Name","value":"circuit"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"name"},"value":{"kind":"EnumValue","value":"TIER_MEMBERSHIP"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"wasmUrl"}},{"kind":"Field","name":{"kind":"Name","value":"zkeyUrl"}},{"kind":"Field","name":{"kind":"Name","value":"publicSignals"}}]}},{"kind":"Field","name":{"kind":"Name","value":"scope"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"for"},"value":{"kind":"EnumValue","value":"MEMBERSHIP"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"epoch"}}]}}]}}]}}]} as unknown as DocumentNode<ProveQuery, ProveQueryVariables>;
export const RegisterDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Register"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"register"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<RegisterMutation, RegisterMutationVariables>;
export const NodeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Node"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Instrument"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"lastPrice"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Order"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}}]} as unknown as DocumentNode<NodeQuery, NodeQueryVariables>;
export const PlayDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Play"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PlayMarketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"playMarket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<PlayMutation, PlayMutationVariables>;
export const SaveWatchlistDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SaveWatchlist"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SaveWatchlistInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"saveWatchlist"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"watchlist"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"instruments"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"lastPrice"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<SaveWatchlistMutation, SaveWatchlistMutationVariables>;
export const CreateAlertDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateAlert"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateAlertInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createAlert"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"alert"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"lastPrice"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CreateAlertMutation, CreateAlertMutationVariables>;
export const MyAlertsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"MyAlerts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"BigInt"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"alerts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"alert"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"condition"}},{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"triggeredPrice"}},{"kind":"Field","name":{"kind":"Name","value":"triggeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]}}]} as unknown as DocumentNode<MyAlertsSubscription, MyAlertsSubscriptionVariables>;
export const MyPositionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"MyPositions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"positionUpdates"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"position"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"averagePrice"}},{"kind":"Field","name":{"kind":"Name","value":"realisedPnl"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"unrealisedPnl"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"forecast"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"annualisedVolatility"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<MyPositionsSubscription, MyPositionsSubscriptionVariables>;
export const ProtectDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Protect"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PlaceOrderInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"placeOrder"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"triggerPrice"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<ProtectMutation, ProtectMutationVariables>;
export const ModifyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Modify"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ModifyOrderInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"modifyOrder"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"limitPrice"}},{"kind":"Field","name":{"kind":"Name","value":"triggerPrice"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<ModifyMutation, ModifyMutationVariables>;
export const CancelAllDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelAll"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelOrdersInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelOrders"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CancelAllMutation, CancelAllMutationVariables>;
export const BuySlicedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"BuySliced"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PlaceOrderInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"placeSlicedOrder"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"clientOrderId"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<BuySlicedMutation, BuySlicedMutationVariables>;
export const KeepBackDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"KeepBack"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateGttInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createGtt"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gtt"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"legs"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"condition"}},{"kind":"Field","name":{"kind":"Name","value":"triggerPrice"}},{"kind":"Field","name":{"kind":"Name","value":"limitPrice"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<KeepBackMutation, KeepBackMutationVariables>;
export const MyGttsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MyGtts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gtts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"side"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}}]}},{"kind":"Field","name":{"kind":"Name","value":"legs"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"triggerPrice"}},{"kind":"Field","name":{"kind":"Name","value":"limitPrice"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"triggeredPrice"}},{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<MyGttsQuery, MyGttsQueryVariables>;
export const PlaceBasketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"PlaceBasket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PlaceBasketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"placeBasket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"basket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}},{"kind":"Field","name":{"kind":"Name","value":"averagePrice"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<PlaceBasketMutation, PlaceBasketMutationVariables>;
export const RebalancePortfolioDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RebalancePortfolio"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RebalancePortfolioInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rebalancePortfolio"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rebalancing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"side"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"limitPrice"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}}]}},{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"filledQuantity"}},{"kind":"Field","name":{"kind":"Name","value":"averagePrice"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<RebalancePortfolioMutation, RebalancePortfolioMutationVariables>;
export const RebalancingPreviewDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RebalancingPreview"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RebalancingPreviewInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rebalancingPreview"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"preview"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"value"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"side"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"limitPrice"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"lastPrice"}}]}},{"kind":"Field","name":{"kind":"Name","value":"charges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<RebalancingPreviewQuery, RebalancingPreviewQueryVariables>;
export const WithdrawFundsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"WithdrawFunds"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"WithdrawFundsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"withdrawFunds"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"withdrawal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"amount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"refusal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<WithdrawFundsMutation, WithdrawFundsMutationVariables>;