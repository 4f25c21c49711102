/**
 * All streams of the gateway. Who asks for the same, and may see the same, joins the same group; when another supergraph
 * comes into force, each group goes on with it, begins anew, or ends.
 */
import { ANONYMOUS, type Caller } from '@gridworks/kit/caller';
import type { Log } from '@gridworks/kit/telemetry';
import type { GraphQLError } from 'graphql';
import { setImmediate as turn } from 'node:timers/promises';
import type { StreamOperation } from '../engine.ts';
import { tellError } from '../execute/answer.ts';
import type { Variables } from '../execute/run.ts';
import { unavailable, type Transport } from '../transport/transport.ts';
import { canonicalJson } from './canonical.ts';
import { Group, type Plan, type StreamEngine } from './group.ts';
import type { Listener } from './listener.ts';
import { Position } from './position.ts';
import { Seat } from './seat.ts';

export interface GroupsOptions {
  readonly engines: {
    readonly current: StreamEngine;
    onReload(listener: (engine: StreamEngine) => void): () => void;
  };
  readonly transports: ReadonlyMap<string, Transport>;
  readonly log: Log;
}

/** One client's wish for a stream; its variables have been checked. */
export interface Wish {
  readonly plan: Plan;
  readonly variables: Variables;
  readonly caller: Caller;
  readonly traceId: string;
}

export class Groups {
  readonly #shared = new Map<string, Group>();
  readonly #all = new Map<Group, string>();
  readonly #stopListening: () => void;

  constructor(private readonly options: GroupsOptions) {
    this.#stopListening = options.engines.onReload((engine) => void this.#renewAll(engine));
  }

  /** How many streams are open upstream. */
  get size(): number {
    return this.#all.size;
  }

  /** How many subscriptions of clients these streams feed. */
  get listeners(): number {
    let listeners = 0;
    for (const group of this.#all.keys()) listeners += group.size;
    return listeners;
  }

  /**
   * A place in the stream; the listener is told how it goes. SUBGRAPH_UNAVAILABLE when the owner of the stream cannot be
   * reached now, and whatever the owner refuses with.
   */
  join(wish: Wish, listener: Listener): Seat {
    const seat = new Seat(listener, wish.caller);
    this.#admit(seat, wish);
    return seat;
  }

  /** Ends the following of reloads; the streams end with their listeners. */
  close(): void {
    this.#stopListening();
  }

  #admit(seat: Seat, wish: Wish): void {
    const { operation } = wish.plan;
    const { subgraph } = operation;
    const key = keyOf(wish);
    const shared = operation.isGapless ? undefined : this.#shared.get(key);
    if (shared) return shared.add(seat);
    const transport = this.options.transports.get(subgraph);
    if (!transport) return seat.fail([unavailable(subgraph)]);
    const group = new Group({
      ...wish,
      caller: operation.isSameForAll ? ANONYMOUS : wish.caller,
      transport,
      log: this.options.log,
      deserted: (each) => this.#forget(each),
    });
    this.#all.set(group, key);
    // Each reader of a gapless stream has a position of its own.
    if (!operation.isGapless) this.#shared.set(key, group);
    group.add(seat);
    void group.run();
  }

  #forget(group: Group): void {
    const key = this.#all.get(group);
    this.#all.delete(group);
    if (key !== undefined && this.#shared.get(key) === group) this.#shared.delete(key);
  }

  /** One group at a turn: events of the others do not wait until all have been planned again. */
  async #renewAll(engine: StreamEngine): Promise<void> {
    for (const group of [...this.#all.keys()]) {
      await turn();
      // The next reload sees to all of them again.
      if (engine !== this.options.engines.current) return;
      if (this.#all.has(group)) this.#renew(group, engine);
    }
  }

  #renew(group: Group, engine: StreamEngine): void {
    const { operation: before, variables, traceId } = group;
    let operation: StreamOperation | readonly GraphQLError[];
    try {
      operation = prepared(engine, before, variables);
    } catch (error) {
      operation = [tellError(error, { traceId, log: this.options.log })];
    }
    if (!('kind' in operation)) return group.fail(operation);
    const plan = { engine, operation };
    if (isSameStream(before, operation, variables)) return group.renew(plan);
    const resumed = operation.isGapless ? resumedVariables(group) : variables;
    if (!resumed) return group.fail([unavailable(operation.subgraph)]);
    for (const seat of group.dissolve()) {
      this.#admit(seat, { plan, variables: resumed, caller: seat.caller, traceId });
    }
  }
}

/** Callers who may see different things never meet, unless the stream is the same for all. */
function keyOf({ plan: { operation }, variables, caller }: Wish): string {
  const sight = operation.isSameForAll ? '' : canonicalJson(caller);
  return `${operation.name ?? ''}\n${operation.text}\n${canonicalJson(variables)}\n${sight}`;
}

function prepared(
  engine: StreamEngine,
  { text, name }: StreamOperation,
  variables: Variables,
): StreamOperation | readonly GraphQLError[] {
  const operation = engine.prepare(text, name);
  if (!('kind' in operation)) return operation;
  if (operation.kind !== 'subscription') throw new Error('a subscription became another kind of operation');
  const unfit = engine.checkVariables(operation, variables);
  return unfit.length > 0 ? unfit : operation;
}

/** The upstream that stands serves the new plan as well as the old one. */
function isSameStream(before: StreamOperation, after: StreamOperation, variables: Variables): boolean {
  return (
    before.isGapless === after.isGapless &&
    before.isSameForAll === after.isSameForAll &&
    before.subgraph === after.subgraph &&
    canonicalJson(before.primaryFor(variables)) === canonicalJson(after.primaryFor(variables))
  );
}

/** The variables by which a gapless stream goes on after the last event its reader was given. */
function resumedVariables({ operation, variables, lastText }: Group): Variables | undefined {
  const position = new Position(operation.text);
  // Before its first event the reader stands where it asked to begin, if it said where.
  if (lastText === undefined) return position.isGivenBy(variables) ? variables : undefined;
  const last = position.of(lastText);
  return last === undefined ? undefined : position.resume(variables, last);
}
