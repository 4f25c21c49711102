/**
 * Everybody who listens to one stream: one upstream, the rest of the plan once for each event, one text for all. Events
 * keep their order; of a gapless stream the next one is taken only after the last was handed on.
 */
import type { Caller } from '@gridworks/kit/caller';
import type { GraphQLError, ExecutionResult } from 'graphql';
import type { Engine, StreamOperation } from '../engine.ts';
import { tellError, writeAnswer, type Telling } from '../execute/answer.ts';
import type { Variables } from '../execute/run.ts';
import { passageOf } from '../execute/passage.ts';
import type { Transport } from '../transport/transport.ts';
import { Delivery } from './delivery.ts';
import type { Seat } from './seat.ts';
import { StreamEnded, Upstream } from './upstream.ts';

/** What a group needs of the graph. */
export type StreamEngine = Pick<Engine, 'prepare' | 'checkVariables' | 'executeEvent'>;

/** An operation and the engine that prepared it; they are replaced together. */
export interface Plan {
  readonly engine: StreamEngine;
  readonly operation: StreamOperation;
}

export interface GroupOptions extends Telling {
  readonly plan: Plan;
  readonly variables: Variables;
  /** Who the upstream and the rest of the plan are asked as. */
  readonly caller: Caller;
  /** To the subgraph that owns the stream. */
  readonly transport: Transport;
  /** Told once, when nobody is in the group any more. */
  readonly deserted: (group: Group) => void;
}

/** Events of a stream that promises the latest only: enough that the slowest subgraph's answer is waited for but once. */
const UNDER_WAY_MAX = 8;
/** Whether a client keeps up is seen once they are written: no more than this can be too much for it. */
const TOGETHER_MAX = 8;

export class Group {
  readonly #seats = new Set<Seat>();
  readonly #upstream: Upstream;
  #plan: Plan;
  #isOpen = false;
  #isOver = false;
  /** Wakes a gapless stream that waits for its reader. */
  #wake: (() => void) | undefined;
  #lastText: string | undefined;
  /** Complete, and not handed on yet. */
  #ready: Delivery[] = [];

  constructor(private readonly options: GroupOptions) {
    this.#plan = options.plan;
    const { caller, traceId, transport, variables } = options;
    const { isGapless } = this.operation;
    const primary = this.operation.primaryFor(variables);
    const request = {
      query: primary.query,
      variables: pick(variables, primary.variableNames),
      operationName: primary.operationName,
      caller,
      traceId,
      // A slow reader of a gapless stream holds up its source; that must be no other stream's source.
      isolated: isGapless,
    };
    this.#upstream = new Upstream(transport, request, isGapless, options);
  }

  get operation(): StreamOperation {
    return this.#plan.operation;
  }

  get variables(): Variables {
    return this.options.variables;
  }

  get traceId(): string {
    return this.options.traceId;
  }

  get size(): number {
    return this.#seats.size;
  }

  /** The last answer that was handed on, of a gapless stream. */
  get lastText(): string | undefined {
    return this.#lastText;
  }

  /** Who joins hears the next event. */
  add(seat: Seat): void {
    seat.group = this;
    this.#seats.add(seat);
    if (this.#isOpen) seat.listener.opened(this.operation);
  }

  /** The last one to leave ends the stream. */
  remove(seat: Seat): void {
    seat.group = undefined;
    this.#seats.delete(seat);
    if (this.#seats.size === 0) this.#end();
  }

  /** Goes on by another plan, with the same upstream. */
  renew(plan: Plan): void {
    this.#plan = plan;
  }

  /** Ends the stream and gives back who listened to it; they have not been told. */
  dissolve(): readonly Seat[] {
    this.#flush();
    const seats = [...this.#seats];
    this.#seats.clear();
    this.#end();
    return seats;
  }

  fail(errors: readonly GraphQLError[]): void {
    for (const seat of this.dissolve()) {
      seat.fail(errors);
      seat.group = undefined;
    }
  }

  /** A reader that was slow can take more. */
  resume(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Opens the stream and hands on its events until it ends. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#upstream.open();
      if (this.#isOver) return;
      this.#isOpen = true;
      for (const seat of this.#seats) seat.listener.opened(this.operation);
      await this.#handOnAll();
      this.#complete();
    } catch (error) {
      this.fail(error instanceof StreamEnded ? error.errors : [tellError(error, this.options)]);
    }
  }

  /** Some events are completed at once, for what is asked of other subgraphs takes time; they are handed on in order. */
  async #handOnAll(): Promise<void> {
    const underWay: Promise<void>[] = [];
    let before: Promise<void> = Promise.resolve();
    try {
      for (;;) {
        const event = await this.#upstream.next();
        if (!event) break;
        before = this.#handOn(event, before);
        // It is awaited below; until then it is nobody's.
        before.catch(() => undefined);
        underWay.push(before);
        if (underWay.length >= (this.operation.isGapless ? 1 : UNDER_WAY_MAX)) await underWay.shift();
      }
    } finally {
      // However the stream ends, what came of it before is handed on first.
      await before;
      this.#flush();
    }
  }

  async #handOn(event: ExecutionResult, before: Promise<void>): Promise<void> {
    const { caller, traceId, variables } = this.options;
    const { engine, operation } = this.#plan;
    const answer = await engine.executeEvent(operation, variables, event, passageOf(caller, traceId));
    await before;
    const delivery = new Delivery(writeAnswer(answer), operation, event);
    const count = this.#ready.push(delivery);
    if (operation.isGapless || count === TOGETHER_MAX) this.#flush();
    else if (count === 1) setImmediate(() => this.#flush());
    if (!operation.isGapless) return;
    this.#lastText = delivery.text;
    await this.#untilDrained();
  }

  /** What has become ready together leaves together: it is one write for each client. */
  #flush(): void {
    if (this.#ready.length === 0) return;
    const ready = this.#ready;
    this.#ready = [];
    for (const seat of this.#seats) seat.take(ready);
  }

  /** A gapless stream waits for its one reader, and so does its source. */
  async #untilDrained(): Promise<void> {
    for (const { listener } of this.#seats) {
      while (listener.isCongested && !this.#isOver) {
        const drained = new Promise<void>((resolve) => (this.#wake = resolve));
        listener.awaitDrain();
        await drained;
      }
    }
  }

  #complete(): void {
    for (const seat of this.dissolve()) {
      seat.complete();
      seat.group = undefined;
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#upstream.close();
    this.resume();
    this.options.deserted(this);
  }
}

function pick(variables: Variables, names: readonly string[]): Variables {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]),
  );
}
