/** caller -> load -> decide -> return */
import { doorError, type Caller } from '@gridworks/kit/caller';
import { BigIntScalar, Decimal, pageSize, rupees, toPage, type Money, type Page } from '@gridworks/kit/graph';
import { fromGlobalId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { parseDecimal } from '@gridworks/kit/money';
import type { SagaRunner } from '@gridworks/kit/saga/runner';
import type { CallContext, Platform } from '@gridworks/kit/subgraph';
import { Arg, Ctx, Directive, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { orderCharges, type Charges } from './domain/charges.ts';
import type { BillingLoaders } from './loaders.ts';
import {
  ChargesPreviewInput,
  LedgerEntry,
  LedgerEntryConnection,
  Order,
  OrderCharges,
  Plan,
  ProposedOrder,
  User,
  Wallet,
  WalletBalanceEnum,
  type WalletBalance,
} from './schema.ts';
import type { BillingStore, EntryRow, PlanRow, WalletRow } from './store.ts';
import type { WithdrawalStore } from './store/withdrawal.ts';
import type { WithdrawalParts } from './withdrawal.ts';

export interface BillingContext extends CallContext {
  readonly store: BillingStore;
  readonly loaders: BillingLoaders;
  readonly sagas: SagaRunner;
  readonly withdrawals: WithdrawalStore;
  readonly withdrawing: WithdrawalParts;
  readonly platform: Platform;
}

const INT8_MAX = 2n ** 63n - 1n;

function toPlan(row: PlanRow): Plan {
  return Object.assign(new Plan(), row, {
    id: toGlobalId('Plan', row.tier),
    monthlyFee: rupees(row.monthlyFee),
  });
}

function toWallet(row: WalletRow): Wallet {
  return Object.assign(new Wallet(), {
    id: toGlobalId('Wallet', row.userId),
    userId: row.userId,
    available: rupees(row.available),
    held: rupees(row.held),
    margin: rupees(row.margin),
    total: rupees(row.available + row.held + row.margin),
  });
}

function toEntry(row: EntryRow): LedgerEntry {
  return Object.assign(new LedgerEntry(), row, {
    id: toGlobalId('LedgerEntry', `${row.transferId}:${row.account}`),
    amount: rupees(row.amount),
    balanceAfter: rupees(row.balanceAfter),
    order: row.orderId === null ? null : { id: toGlobalId('Order', row.orderId) },
  });
}

function toCharges(charges: Charges): OrderCharges {
  const shown = Object.entries<bigint>({ ...charges }).map(([line, amount]): [string, Money] => [
    line,
    rupees(amount),
  ]);
  return Object.assign(new OrderCharges(), Object.fromEntries(shown));
}

/** A wallet is its user's own; operators see those of their tenant, which row-level security confines them to. */
function mayReadWallet(caller: Caller, userId: string): boolean {
  return caller.kind === 'user' && (caller.userId === userId || caller.roles.includes('OPERATOR'));
}

@Resolver(() => Plan)
export class PlanResolver {
  @Query(() => [Plan], { description: 'All plans, the cheapest first.' })
  async plans(@Ctx() context: BillingContext): Promise<Plan[]> {
    return (await context.store.plans()).map(toPlan);
  }
}

@Resolver(() => User)
export class UserWalletResolver {
  @FieldResolver(() => Wallet, {
    nullable: true,
    description: 'The wallet of the user; null unless it is you or you operate the tenant.',
  })
  wallet(@Root() user: User, @Ctx() context: BillingContext): Promise<Wallet | null> {
    return walletOf(uuidOf('User', user.id), context);
  }
}

@Resolver(() => Wallet)
export class WalletResolver {
  @FieldResolver(() => LedgerEntryConnection, {
    description: 'What moved one of the balances, line by line, newest first.',
  })
  async statement(
    @Root() wallet: Wallet,
    @Ctx() context: BillingContext,
    @Arg('balance', () => WalletBalanceEnum, {
      defaultValue: 'AVAILABLE',
      description: 'Which of the balances.',
    })
    balance: WalletBalance,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many lines at most, 1 to 100.' })
    first: number,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of the line to go on from; null from the newest.',
    })
    after: string | null | undefined,
  ): Promise<Page<LedgerEntry>> {
    const size = pageSize(first);
    const rows = await context.store.statement(
      wallet.userId,
      `WALLET_${balance}`,
      size + 1,
      readCursor(after),
    );
    return toPage(rows.map(toEntry), size, ({ sequence }) => sequence.toString());
  }
}

@Resolver(() => Order)
export class OrderChargesResolver {
  @FieldResolver(() => OrderCharges, {
    nullable: true,
    description: 'What its trades so far cost beside the price; null while nothing has traded.',
  })
  @Directive('@requires(fields: "side product exchange turnover { amount }")')
  charges(@Root() order: OrderReference): OrderCharges | null {
    const value = parseDecimal(order.turnover.amount);
    if (value === undefined) throw new Error(`order ${order.id} has the turnover ${order.turnover.amount}`);
    return value === 0n ? null : toCharges(orderCharges({ ...order, value }));
  }

  @Query(() => OrderCharges, {
    description: 'What an order would cost beside its price, if it filled whole.',
  })
  chargesPreview(
    @Arg('input', () => ChargesPreviewInput, { description: 'The order.' }) input: ChargesPreviewInput,
  ): OrderCharges {
    const value = input.price * input.quantity;
    if (input.price <= 0n || input.quantity <= 0n || value > INT8_MAX) {
      throw doorError(
        'BAD_USER_INPUT',
        '`price` and `quantity` must be above zero, and their product in range.',
      );
    }
    return toCharges(orderCharges({ ...input, value }));
  }
}

@Resolver(() => ProposedOrder)
export class ProposedOrderResolver {
  @FieldResolver(() => OrderCharges, {
    description: 'What it would cost beside its price, if it filled whole at its limit price.',
  })
  charges(@Root() { limitPrice, quantity, ...order }: ProposedOrder): OrderCharges {
    return toCharges(orderCharges({ ...order, value: limitPrice * quantity }));
  }
}

/** An order as the gateway hands it over: values as JSON carries them. */
type OrderReference = Pick<Order, 'id' | 'side' | 'product' | 'exchange'> & {
  readonly turnover: { readonly amount: string };
};

async function walletOf(userId: string | undefined, context: BillingContext): Promise<Wallet | null> {
  if (userId === undefined || !mayReadWallet(context.caller, userId)) return null;
  const row = await context.loaders.wallet.load(userId);
  return row ? toWallet(row) : null;
}

/** A wallet by key, as far as the caller may see it. */
export function resolveWallet(key: { readonly id: string }, context: BillingContext): Promise<Wallet | null> {
  return walletOf(uuidOf('Wallet', key.id), context);
}

export async function resolvePlan(
  key: { readonly id: string },
  context: BillingContext,
): Promise<Plan | null> {
  const tier = fromGlobalId('Plan', key.id);
  const row = tier === undefined ? undefined : await context.loaders.plan.load(tier);
  return row ? toPlan(row) : null;
}

export function resolveUser(key: { readonly id: string }): User {
  return Object.assign(new User(), { id: key.id });
}

/** All that is known of it is its key, as JSON carries it. */
export function resolveProposedOrder(
  key: Pick<ProposedOrder, 'symbol' | 'exchange' | 'side' | 'product'> & {
    readonly quantity: unknown;
    readonly limitPrice: unknown;
  },
): ProposedOrder {
  const quantity = BigIntScalar.parseValue(key.quantity);
  const limitPrice = Decimal.parseValue(key.limitPrice);
  return Object.assign(new ProposedOrder(), key, { quantity, limitPrice });
}

export function resolveOrder(representation: OrderReference): OrderReference {
  return representation;
}

function readCursor(after: string | null | undefined): bigint | undefined {
  if (after === null || after === undefined) return undefined;
  if (!/^\d{1,18}$/.test(after)) throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
  return BigInt(after);
}
