/**
 * A client's subscription over the graph: one upstream at the subgraph that owns the stream, and for each of its
 * events the rest of the plan. Events keep their order, and the next one is taken only after the last was handed on.
 */
import { type GraphQLError, getVariableValues, type ExecutionResult } from 'graphql';
import { tellError, tellErrors, tellResult, type Telling } from '../execute/answer.ts';
import type { EventExecutor, Variables } from '../execute/event.ts';
import { fromSubgraph, passageOf, type Passage } from '../execute/fetch.ts';
import type { PlannedSubscription } from '../plan/plan.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';
import { SubscriptionRefused, revive, unavailable, type Transport } from '../transport/transport.ts';

export interface SubscribeOptions {
  readonly supergraph: LoadedSupergraph;
  readonly transports: ReadonlyMap<string, Transport>;
  readonly execute: EventExecutor;
}

type Stream = AsyncIterableIterator<ExecutionResult>;
export type Events = AsyncGenerator<ExecutionResult, undefined>;

/** Thrown by a stream that ends with errors for the client to see. */
export class StreamEnded extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('the stream ended with errors');
  }
}

const REOPEN_FIRST_MS = 100;
const REOPEN_MAX_MS = 2_000;
/** More than enough doublings to reach the longest wait. */
const REOPEN_DOUBLINGS_MAX = 10;

/**
 * Opens the stream. Errors: BAD_USER_INPUT for variables that do not fit, SUBGRAPH_UNAVAILABLE when the owner of the
 * stream cannot be reached now, and whatever the owner refuses with.
 */
export async function openSubscription(
  options: SubscribeOptions,
  plan: PlannedSubscription,
  variables: Variables,
  { caller, traceId }: Pick<Passage, 'caller' | 'traceId'>,
  telling: Telling,
): Promise<Events | readonly GraphQLError[]> {
  const unfit = checkVariables(options.supergraph, plan, variables);
  if (unfit.length > 0) return tellErrors(unfit, telling);
  const transport = options.transports.get(plan.primary.serviceName);
  if (!transport) return [unavailable(plan.primary.serviceName)];
  const request = {
    query: plan.primary.operation,
    variables: pick(variables, plan.primary.variableUsages ?? []),
    operationName: plan.primary.operationName,
    caller,
    traceId,
  };

  let upstream: Stream | undefined;
  try {
    upstream = await transport.subscribe(request);
  } catch (error) {
    return tellErrors(error instanceof SubscriptionRefused ? refusalOf(error) : [error], telling);
  }

  const leaving = new AbortController();

  async function* events({ name }: Transport): Events {
    let failures = 0;
    while (!leaving.signal.aborted) {
      let event: IteratorResult<ExecutionResult> | undefined;
      try {
        upstream ??= await reopen();
        event = await upstream?.next();
        failures = 0;
      } catch (error) {
        upstream = undefined;
        if (leaving.signal.aborted) return;
        const isBack = failures > 0;
        if (error instanceof SubscriptionRefused && !(isBack && isFault(error))) {
          throw new StreamEnded(tellErrors(refusalOf(error), telling));
        }
        telling.log.warn(
          { err: error, traceId, subgraph: name, isGapless: plan.isGapless },
          'a stream broke',
        );
        // What a gapless stream missed meanwhile only its reader can ask for again, with `after`.
        if (plan.isGapless) throw new StreamEnded([unavailable(name)]);
        await pause(reopenWaitMs(failures++), leaving.signal);
        continue;
      }
      if (!event || event.done) return;
      yield await answer(event.value);
    }
  }

  /** The stream anew; undefined when the client left while it was being opened. */
  async function reopen(): Promise<Stream | undefined> {
    const stream = await transport?.subscribe(request);
    if (!leaving.signal.aborted) return stream;
    void stream?.return?.();
    return undefined;
  }

  async function answer(event: ExecutionResult): Promise<ExecutionResult> {
    try {
      const result = await options.execute(plan, variables, event, passageOf(caller, traceId));
      return tellResult(result, telling);
    } catch (error) {
      return { data: null, errors: [tellError(error, telling)] };
    }
  }

  return leavable(events(transport), () => {
    leaving.abort();
    void upstream?.return?.();
  });
}

/** A generator that is waiting cannot be told to return; this one leaves at once and lets the wait run out unseen. */
function leavable(events: Events, leave: () => void): Events {
  const done = { done: true, value: undefined } as const;
  let left = false;
  return Object.assign(Object.create(events) as Events, {
    next: async () => {
      const step = left ? done : await events.next();
      return left ? done : step;
    },
    return: async () => {
      left = true;
      leave();
      void events.return(undefined);
      return done;
    },
    throw: async (error: unknown) => {
      left = true;
      leave();
      return events.throw(error);
    },
  });
}

function refusalOf({ errors }: SubscriptionRefused): readonly GraphQLError[] {
  return revive(errors.map(fromSubgraph));
}

/** A subgraph that has just come back may stumble for a moment; that is no answer to the client. */
function isFault({ errors }: SubscriptionRefused): boolean {
  return errors.every(({ extensions }) => extensions['code'] === 'INTERNAL_SERVER_ERROR');
}

function checkVariables(
  { apiSchema }: LoadedSupergraph,
  { operation }: PlannedSubscription,
  variables: Variables,
): readonly GraphQLError[] {
  return getVariableValues(apiSchema, operation.variableDefinitions ?? [], variables).errors ?? [];
}

function pick(variables: Variables, names: readonly string[]): Variables {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]),
  );
}

/** Doubles from one failure to the next, up to the longest; the jitter keeps many clients from coming back at once. */
export function reopenWaitMs(failures: number, random: () => number = Math.random): number {
  const wait = Math.min(REOPEN_MAX_MS, REOPEN_FIRST_MS * 2 ** Math.min(failures, REOPEN_DOUBLINGS_MAX));
  return wait * (0.5 + random() / 2);
}

/** Resolves after the wait, or at once when the signal says so. */
function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, waitMs);
    signal.addEventListener('abort', finish);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
