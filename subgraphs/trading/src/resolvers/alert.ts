/** Price alerts: caller -> load -> decide -> save -> return */
import { doorError, requireUser } from '@gridworks/kit/caller';
import { BigIntScalar, pageSize, toPage, type Page } from '@gridworks/kit/graph';
import { isUuid, newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { checkAlert, isSameAlert, type Alert as AlertState, type AlertStatus } from '../domain/alert.ts';
import { no, type TradingRefusal } from '../domain/order.ts';
import { follow } from '@gridworks/kit/events/follow';
import { instrumentOf } from '../resolvers/market.ts';
import { ownRow, readable, type TradingContext } from '../resolvers/context.ts';
import { Instrument } from '../schema/market.ts';
import { User } from '../schema/user.ts';
import {
  Alert,
  AlertConnection,
  AlertPayload,
  AlertStatusEnum,
  AlertUpdate,
  CancelAlertInput,
  CreateAlertInput,
} from '../schema/alert.ts';
import {
  alertByClientId,
  cancelAlert,
  countActive,
  insertAlert,
  type TriggeredAlert,
} from '../store/alert.ts';

function toAlert(state: AlertState): Alert {
  return Object.assign(new Alert(), state, { id: toGlobalId('Alert', state.id) });
}

function payloadOf(result: AlertState | TradingRefusal): AlertPayload {
  return isRefusal(result) ? { alert: null, refusal: result } : { alert: toAlert(result), refusal: null };
}

@Resolver(() => Alert)
export class AlertResolver {
  @Mutation(() => AlertPayload, { description: 'Asks to be told when an instrument reaches a price.' })
  async createAlert(
    @Arg('input', () => CreateAlertInput, { description: 'The wish.' }) input: CreateAlertInput,
    @Ctx() { caller, alerts, alertWatch, exchange, platform }: TradingContext,
  ): Promise<AlertPayload> {
    const { userId, tenantId } = requireUser(caller);
    const view = await exchange.view(input.symbol);
    const created = await alerts.change(userId, async (tx): Promise<AlertState | TradingRefusal> => {
      const known = await alertByClientId(tx, userId, input.clientAlertId);
      if (known) return isSameAlert(known, input) ? known : no('CLIENT_ALERT_ID_REUSED', 'clientAlertId');
      const standing = { last: view?.session.last, active: await countActive(tx, userId) };
      const refusal = checkAlert(input, standing);
      if (refusal) return refusal;
      const createdAt = new Date(platform.clock());
      const unreached = { triggeredAt: null, triggeredPrice: null, sequence: null };
      const { clientAlertId, symbol, condition, price } = input;
      const wish = { clientAlertId, symbol, condition, price };
      const alert = {
        ...wish,
        ...unreached,
        id: newId(),
        tenantId,
        userId,
        status: 'ACTIVE',
        createdAt,
      } as const;
      await insertAlert(tx, alert);
      return alert;
    });
    const now = await exchange.view(input.symbol);
    if (!isRefusal(created) && created.status === 'ACTIVE' && now) alertWatch.add(created, now.session.last);
    return payloadOf(created);
  }

  @Mutation(() => AlertPayload, { description: 'Takes an alert back before its price is reached.' })
  async cancelAlert(
    @Arg('input', () => CancelAlertInput, { description: 'Which.' }) input: CancelAlertInput,
    @Ctx() { caller, alerts, alertWatch }: TradingContext,
  ): Promise<AlertPayload> {
    const { userId } = requireUser(caller);
    const id = uuidOf('Alert', input.alertId);
    const [known] = id === undefined ? [] : await alerts.byIds([id]);
    if (known?.userId !== userId) return payloadOf(no('ALERT_UNKNOWN', 'alertId'));
    const cancelled = await alerts.change(userId, (tx) => cancelAlert(tx, known.id));
    if (cancelled) alertWatch.remove(cancelled.id);
    return payloadOf(cancelled ?? no('ALERT_CLOSED', 'alertId'));
  }

  @Subscription(() => AlertUpdate, {
    description: 'Every alert of yours that is triggered, without gaps, in order.',
    subscribe: ({ args, context }: { args: { after?: bigint | null }; context: TradingContext }) => {
      const { alerts, platform } = context;
      const { userId } = requireUser(context.caller);
      const source = {
        newest: () => alerts.newestOf(userId),
        after: (sequence: bigint) => alerts.triggeredAfter(userId, sequence),
      };
      return follow(source, args.after ?? undefined, platform.bus);
    },
  })
  alerts(
    @Root() alert: TriggeredAlert,
    @Arg('after', () => BigIntScalar, {
      nullable: true,
      description:
        'The last sequence you saw, 0 for all from the first on; null for what happens from now on.',
    })
    _after: bigint | null | undefined,
  ): AlertUpdate {
    return { sequence: alert.sequence, alert: toAlert(alert) };
  }

  @FieldResolver(() => Instrument, { description: 'Whose price it waits for.' })
  async instrument(@Root() { symbol }: Alert, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }
}

@Resolver(() => User)
export class UserAlertsResolver {
  @FieldResolver(() => AlertConnection, {
    nullable: true,
    description: 'Price alerts, the latest first; null unless it is you or you operate the tenant.',
  })
  async alerts(
    @Root() user: User,
    @Arg('status', () => AlertStatusEnum, { nullable: true, description: 'Only those; null for all.' })
    status: AlertStatus | null | undefined,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Ctx() context: TradingContext,
  ): Promise<Page<Alert> | null> {
    const userId = readable(user, context);
    if (userId === undefined) return null;
    if (typeof after === 'string' && !isUuid(after)) {
      throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
    }
    const size = pageSize(first);
    const rows = await context.alerts.page(userId, status ?? undefined, size + 1, after ?? undefined);
    const page = toPage(rows, size, ({ id }) => id);
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toAlert(node) })) };
  }
}

/** An alert by key, as far as the caller may see one. */
export async function resolveAlert(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Alert | null> {
  const id = uuidOf('Alert', key.id);
  const own = ownRow(id === undefined ? undefined : await loaders.alert.load(id), caller);
  return own ? toAlert(own) : null;
}
