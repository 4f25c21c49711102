/** Positions and portfolios: caller -> load -> decide -> save -> return */
import { requireUser } from '@gridworks/kit/caller';
import { Decimal, Money, pageSize, rupees, toPage, type Page } from '@gridworks/kit/graph';
import { toGlobalId, uuidOf } from '@gridworks/kit/id';
import { istMidnight } from '@gridworks/kit/time';
import { Arg, Ctx, FieldResolver, Float, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { Lot as LotState } from '../domain/lots.ts';
import {
  dayPnl,
  keyOf,
  settlementOf,
  unrealisedPnl,
  type Holding as HoldingState,
  type Portfolio as PortfolioState,
} from '../domain/portfolio.ts';
import { averageCost, unrealised } from '../domain/position.ts';
import { xirr } from '../domain/xirr.ts';
import { positionUpdatesOf } from '../positions.ts';
import { Instrument } from '../schema/market.ts';
import {
  Holding,
  HoldingConnection,
  LotConnection,
  Margin,
  Portfolio,
  Position,
  PositionUpdate,
  type Lot,
} from '../schema/portfolio.ts';
import { User } from '../schema/user.ts';
import type { PositionRow } from '../store/position.ts';
import { cursorOf, ownRow, readable, type TradingContext } from './context.ts';
import { instrumentOf, markOf, viewOf } from './market.ts';

export function toPosition(row: PositionRow): Position {
  return Object.assign(new Position(), row, {
    id: toGlobalId('Position', row.id),
    averagePrice: averageCost(row),
    realisedPnl: rupees(row.realised),
  });
}

function toPortfolio(state: PortfolioState): Portfolio {
  return Object.assign(new Portfolio(), {
    value: rupees(state.value),
    invested: rupees(state.invested),
    dayPnl: rupees(state.dayPnl),
    realisedPnl: rupees(state.realised),
    unrealisedPnl: rupees(state.unrealised),
    state,
  });
}

function toHolding(state: HoldingState): Holding {
  const { product, quantity, cost, realised, mark, day } = state;
  const { settledQuantity, unsettledQuantity, undeliveredQuantity } = state;
  return Object.assign(new Holding(), {
    product,
    quantity,
    settledQuantity,
    unsettledQuantity,
    undeliveredQuantity,
    averagePrice: averageCost(state),
    lastPrice: mark.last,
    value: rupees(quantity * mark.last),
    invested: rupees(cost),
    unrealisedPnl: rupees(unrealisedPnl(state)),
    realisedPnl: rupees(realised),
    dayPnl: rupees(dayPnl(state)),
    day: {
      overnightQuantity: day.overnightQuantity,
      boughtQuantity: day.bought.quantity,
      boughtValue: rupees(day.bought.value),
      soldQuantity: day.sold.quantity,
      soldValue: rupees(day.sold.value),
    },
    state,
  });
}

function toLot(holding: HoldingState, lot: LotState): Lot {
  const { quantity, cost, date } = lot;
  const settlement = settlementOf(holding, lot);
  return {
    quantity,
    cost: rupees(cost),
    price: averageCost(lot),
    tradedOn: new Date(istMidnight(date)),
    settlesOn: settlement === undefined ? null : new Date(istMidnight(settlement)),
  };
}

@Resolver(() => Position)
export class PositionResolver {
  @Subscription(() => PositionUpdate, {
    description:
      'Your positions: first each as it stands, then each that trades. Latest wins: states in between may be skipped.',
    subscribe: ({ context }: { context: TradingContext }) =>
      positionUpdatesOf(requireUser(context.caller).userId, context.positions, context.platform.bus),
  })
  positionUpdates(@Root() row: PositionRow): PositionUpdate {
    return { position: toPosition(row) };
  }

  @FieldResolver(() => Instrument, { description: 'What is held.' })
  async instrument(@Root() { symbol }: Position, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }

  @FieldResolver(() => Decimal, { description: 'Price of the last trade of the instrument, in rupees.' })
  async lastPrice(@Root() { symbol }: Position, @Ctx() context: TradingContext): Promise<bigint> {
    return (await viewOf(symbol, context)).session.last;
  }

  @FieldResolver(() => Money, {
    description:
      'Profit, or loss below zero, if what is held were sold, or what is owed bought, at the last price, before charges.',
  })
  async unrealisedPnl(@Root() position: Position, @Ctx() context: TradingContext): Promise<Money> {
    const { session } = await viewOf(position.symbol, context);
    return rupees(unrealised(position, session.last));
  }
}

@Resolver(() => User)
export class UserPortfolioResolver {
  @FieldResolver(() => [Position], {
    nullable: true,
    description: 'What the user holds or has held; null unless it is you or you operate the tenant.',
  })
  async positions(@Root() user: User, @Ctx() context: TradingContext): Promise<Position[] | null> {
    const userId = readable(user, context);
    return userId === undefined ? null : (await context.positions.ofUser(userId)).map(toPosition);
  }

  @FieldResolver(() => Portfolio, {
    nullable: true,
    description:
      'What the user holds and what it brought, first in, first out; null unless it is you or you operate the tenant.',
  })
  async portfolio(@Root() user: User, @Ctx() context: TradingContext): Promise<Portfolio | null> {
    const userId = readable(user, context);
    if (userId === undefined) return null;
    const builder = await context.loaders.portfolioOf.load(userId);
    const marks = await Promise.all(builder.symbols.map((symbol) => markOf(symbol, context)));
    return toPortfolio(builder.build(new Map(marks)));
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description:
      'What new orders may promise; null unless it is you or you operate the tenant, and before the wallet has opened.',
  })
  async buyingPower(@Root() user: User, @Ctx() context: TradingContext): Promise<Money | null> {
    const userId = readable(user, context);
    const funds = userId === undefined ? undefined : await context.accounts.funds(userId);
    return funds === undefined ? null : rupees(funds.available);
  }

  @FieldResolver(() => Margin, {
    nullable: true,
    description:
      'What is held for positions of the day (MIS), what is left for more, and what is owed; null unless it is you or you operate the tenant, and before the wallet has opened.',
  })
  async margin(@Root() user: User, @Ctx() context: TradingContext): Promise<Margin | null> {
    const userId = readable(user, context);
    const funds = userId === undefined ? undefined : await context.accounts.funds(userId);
    if (funds === undefined) return null;
    const { available, margin, dues } = funds;
    return { used: rupees(margin), available: rupees(available), dues: rupees(dues) };
  }
}

@Resolver(() => Portfolio)
export class PortfolioResolver {
  @FieldResolver(() => Float, {
    nullable: true,
    description:
      'Money-weighted return of all purchases and sales, with what is held sold at the last prices today: a fraction a year of 365 days, 0.12 is 12 %. Null where there is no such rate: without a trade, when every trade was today, when all was lost, and where flows in both directions leave no rate at all. Where several fit, the one nearest to 10 %.',
  })
  xirr(@Root() { state }: Portfolio): number | null {
    return xirr(state.cashFlows) ?? null;
  }

  @FieldResolver(() => HoldingConnection, {
    description: 'What is held now, and what was traded today, in order of symbol and product.',
  })
  holdings(
    @Root() { state }: Portfolio,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
  ): Page<Holding> {
    const size = pageSize(first);
    const rows = state.holdings.filter((holding) => keyOf(holding) > (after ?? '')).slice(0, size + 1);
    return toPage(rows.map(toHolding), size, (holding) => keyOf(holding.state));
  }
}

@Resolver(() => Holding)
export class HoldingResolver {
  @FieldResolver(() => Instrument, { description: 'What is held.' })
  async instrument(@Root() { state }: Holding, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(state.symbol, context);
  }

  @FieldResolver(() => LotConnection, { description: 'The open lots, the first one opened first.' })
  lots(
    @Root() { state }: Holding,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
  ): Page<Lot> {
    const from = cursorOf(after) ?? 0n;
    const rows = state.lots.filter(({ number }) => BigInt(number) > from);
    const page = toPage(rows, pageSize(first), ({ number }) => number.toString());
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toLot(state, node) })) };
  }
}

export async function resolvePosition(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Position | null> {
  const id = uuidOf('Position', key.id);
  const row = ownRow(id === undefined ? undefined : await loaders.position.load(id), caller);
  return row ? toPosition(row) : null;
}
