/** What is told of the running services: caller -> load -> return */
import { requireUser } from '@gridworks/kit/caller';
import type { Place } from '@gridworks/kit/events/log';
import { stream } from '@gridworks/kit/events/follow';
import { pageSize, toPage, type Page } from '@gridworks/kit/graph';
import { toGlobalId } from '@gridworks/kit/id';
import { OPERATIONS_TOPICS, type OperationsTopic } from '@gridworks/kit/operations';
import {
  operationsAfter,
  operationsPage,
  placeNow,
  type OperationsRow,
} from '@gridworks/kit/operations/store';
import type { Platform } from '@gridworks/kit/subgraph';
import { Arg, Ctx, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { BillingContext } from '../resolvers.ts';
import {
  ServiceEvent,
  ServiceEventConnection,
  ServiceEventKindEnum,
  type ServiceEventKind,
} from '../schema/service-event.ts';
import { cursorOf, placeOf } from './place.ts';

/** Read at once by a stream. */
const BATCH_MAX = 100;

const KIND_OF: Readonly<Record<OperationsTopic, ServiceEventKind>> = {
  'services.health.status': 'HEALTH',
  'services.performance.metrics': 'PERFORMANCE',
  'errors.critical': 'ERROR',
  'errors.warning': 'WARNING',
  'deployments.status': 'DEPLOYMENT',
};

function topicsOf(kinds: readonly ServiceEventKind[] | null | undefined): readonly OperationsTopic[] {
  return kinds ? OPERATIONS_TOPICS.filter((topic) => kinds.includes(KIND_OF[topic])) : OPERATIONS_TOPICS;
}

function toServiceEvent(row: OperationsRow): ServiceEvent {
  const { topic, payload } = row;
  return {
    id: toGlobalId('ServiceEvent', row.id),
    cursor: cursorOf(row),
    kind: KIND_OF[topic],
    service: payload.service,
    instance: payload.instance,
    at: new Date(payload.at),
    health: topic === 'services.health.status' ? payload : null,
    performance: topic === 'services.performance.metrics' ? payload : null,
    fault: topic === 'errors.critical' || topic === 'errors.warning' ? payload : null,
    deployment: topic === 'deployments.status' ? payload : null,
  };
}

@Resolver(() => ServiceEvent)
export class ServiceEventResolver {
  @Query(() => ServiceEventConnection, {
    description:
      'How the services of the product are and were, what went wrong in them, what was started and stopped: the newest first; for operators.',
  })
  async serviceEvents(
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Arg('kinds', () => [ServiceEventKindEnum], { nullable: true, description: 'Only these; null for all.' })
    kinds: readonly ServiceEventKind[] | null | undefined,
    @Ctx() { caller, platform: { db } }: BillingContext,
  ): Promise<Page<ServiceEvent>> {
    requireUser(caller, 'OPERATOR');
    const size = pageSize(first);
    const rows = await operationsPage(db.system, topicsOf(kinds), size + 1, placeOf(after));
    return toPage(rows.map(toServiceEvent), size, ({ cursor }) => cursor);
  }

  @Subscription(() => ServiceEvent, {
    name: 'serviceEvents',
    description: 'The same as they happen, in order and without gaps; for operators.',
    subscribe: ({ args, context }: { args: StreamArgs; context: BillingContext }) => {
      requireUser(context.caller, 'OPERATOR');
      return newEvents(context.platform, topicsOf(args.kinds), placeOf(args.after));
    },
  })
  serviceEventStream(
    @Root() row: OperationsRow,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of the last event you saw; null for what happens from now on.',
    })
    _after: string | null | undefined,
    @Arg('kinds', () => [ServiceEventKindEnum], { nullable: true, description: 'Only these; null for all.' })
    _kinds: readonly ServiceEventKind[] | null | undefined,
  ): ServiceEvent {
    return toServiceEvent(row);
  }
}

interface StreamArgs {
  readonly after?: string | null;
  readonly kinds?: readonly ServiceEventKind[] | null;
}

/** Everything after the place, or from now on, which is when this resolves. */
async function newEvents(
  { db, bus }: Platform,
  topics: readonly OperationsTopic[],
  after: Place | undefined,
): Promise<AsyncIterableIterator<OperationsRow, undefined>> {
  let cursor = after ?? (await placeNow(db.system));
  let fetched: OperationsRow[] = [];
  return stream(bus, async () => {
    if (fetched.length === 0) fetched = await operationsAfter(db.system, topics, BATCH_MAX, cursor);
    const next = fetched.shift();
    if (next) cursor = next;
    return next;
  });
}
