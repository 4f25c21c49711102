/** What every resolver of trading has at hand, and what a caller may see. */
import { doorError, type Caller } from '@gridworks/kit/caller';
import { uuidOf } from '@gridworks/kit/id';
import type { SagaRunner } from '@gridworks/kit/saga/runner';
import type { CallContext, Platform } from '@gridworks/kit/subgraph';
import type { AlertWatch } from '../alerts.ts';
import type { Broker } from '../broker.ts';
import type { Exchange } from '../exchange.ts';
import type { GttWatch } from '../gtts.ts';
import type { TradingHours } from '../hours.ts';
import type { TradingLoaders } from '../loaders.ts';
import type { RebalancingParts } from '../rebalancing.ts';
import type { CandleRecorder } from '../recorder.ts';
import { User } from '../schema/user.ts';
import type { AccountStore } from '../store/account.ts';
import type { AlertStore } from '../store/alert.ts';
import type { GttStore } from '../store/gtt.ts';
import type { InstrumentStore } from '../store/instrument.ts';
import type { OrderStore } from '../store/order.ts';
import type { PositionStore } from '../store/position.ts';
import type { WatchlistStore } from '../store/watchlist.ts';
import type { TickKeeper } from '../tick-keeper.ts';

export interface TradingContext extends CallContext {
  readonly platform: Platform;
  readonly exchange: Exchange;
  /** Undefined where orders are matched here. */
  readonly broker: Pick<Broker, 'state' | 'doubts' | 'login'> | undefined;
  readonly hours: TradingHours;
  readonly instruments: InstrumentStore;
  readonly recorder: CandleRecorder;
  /** Undefined where ticks are not kept. */
  readonly ticks: TickKeeper | undefined;
  readonly orders: OrderStore;
  readonly accounts: AccountStore;
  readonly positions: PositionStore;
  readonly watchlists: WatchlistStore;
  readonly alerts: AlertStore;
  readonly alertWatch: AlertWatch;
  readonly sagas: SagaRunner;
  readonly rebalancing: RebalancingParts;
  readonly gtts: GttStore;
  readonly gttWatch: GttWatch;
  readonly loaders: TradingLoaders;
}

/** Whether what belongs to this user is the caller's to see. Row-level security keeps other tenants' rows out. */
export function mayRead(caller: Caller, userId: string): boolean {
  return caller.kind === 'user' && (caller.userId === userId || caller.roles.includes('OPERATOR'));
}

export function ownRow<Row extends { readonly userId: string }>(
  row: Row | undefined,
  caller: Caller,
): Row | undefined {
  return row && mayRead(caller, row.userId) ? row : undefined;
}

export function cursorOf(after: string | null | undefined): bigint | undefined {
  if (after === null || after === undefined) return undefined;
  if (!/^\d{1,18}$/.test(after)) throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
  return BigInt(after);
}

/** The bare id of a user whose things the caller may see. */
export function readable(user: User, { caller }: TradingContext): string | undefined {
  const userId = uuidOf('User', user.id);
  return userId !== undefined && mayRead(caller, userId) ? userId : undefined;
}

/** Every user has an extension here; its fields say whether the caller may see them. */
export function resolveUser(key: { readonly id: string }): User {
  return Object.assign(new User(), { id: key.id });
}
