/**
 * What WebSockets and event streams share: an operation of a client begins here, is answered or joins its stream, and is
 * booked. A LiveOperation is the client's side of it; its carrier says how an answer leaves.
 */
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import type { GraphQLError } from 'graphql';
import type { Engine, RequestOperation, StreamOperation } from '../engine.ts';
import { tellError, writeAnswer, type Answer } from '../execute/answer.ts';
import type { Variables } from '../execute/run.ts';
import { passageOf } from '../execute/passage.ts';
import type { Guard, Identity } from '../guard/guard.ts';
import { Groups } from '../subscribe/groups.ts';
import type { Listener } from '../subscribe/listener.ts';
import type { Seat } from '../subscribe/seat.ts';
import { Written } from '../subscribe/written.ts';
import type { Transport } from '../transport/transport.ts';
import { Deadlines } from './deadlines.ts';
import { LIMITS, type Limits } from './limits.ts';
import { Rounds } from './rounds.ts';

type LiveEngine = Pick<Engine, 'prepare' | 'checkVariables' | 'execute' | 'executeEvent'>;

export interface LiveOptions {
  readonly engines: {
    readonly current: LiveEngine;
    onReload(listener: (engine: LiveEngine) => void): () => void;
  };
  readonly transports: ReadonlyMap<string, Transport>;
  readonly guard: Pick<Guard, 'identify' | 'book' | 'bookBrokenStream'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits?: Partial<Limits>;
}

/** An operation as a client sent it; its shape has been checked. */
export interface Payload {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Variables | null | undefined;
}

/** One for a gateway: make it beside the engines, give it to `openSockets` and `answerByEvents`, close it with the door. */
export class Live {
  readonly groups: Groups;
  readonly deadlines = new Deadlines();
  readonly rounds: Rounds;
  readonly limits: Limits;
  readonly #carriers = new Set<{ goAway(): void }>();

  constructor(readonly options: LiveOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.groups = new Groups(options);
    this.rounds = new Rounds(this.limits.pingMs);
  }

  /** Runs the operation; all that comes of it, refusals too, is told to `running`. Never throws. */
  begin(running: LiveOperation, { query, operationName, variables }: Payload, traceId: string): void {
    const { engines, log } = this.options;
    const given = variables ?? {};
    try {
      const engine = engines.current;
      const operation = engine.prepare(query, operationName);
      if (!('kind' in operation)) return running.fail(operation);
      if (operation.kind !== 'subscription') {
        void this.#answer(running, { engine, operation }, given, traceId);
        return;
      }
      const unfit = engine.checkVariables(operation, given);
      if (unfit.length > 0) return running.fail(unfit);
      const plan = { engine, operation };
      running.seat = this.groups.join(
        { plan, variables: given, caller: running.identity.caller, traceId },
        running,
      );
    } catch (error) {
      running.fail([tellError(error, { traceId, log })]);
    }
  }

  /** How long until what the client presented stops to hold, in ms; undefined when it does not by itself. */
  leftMs({ expiresAtMs }: Identity): number | undefined {
    return expiresAtMs === undefined ? undefined : Math.max(0, expiresAtMs - this.options.clock());
  }

  /** Event streams are open requests of the HTTP server, which knows no way to end them kindly. */
  carries(carrier: { goAway(): void }): void {
    this.#carriers.add(carrier);
  }

  carriesNoMore(carrier: { goAway(): void }): void {
    this.#carriers.delete(carrier);
  }

  /** Ends every event stream and all that runs by itself. */
  close(): void {
    for (const each of this.#carriers) each.goAway();
    this.groups.close();
    this.deadlines.close();
    this.rounds.close();
  }

  async #answer(
    running: LiveOperation,
    { engine, operation }: { engine: LiveEngine; operation: RequestOperation },
    variables: Variables,
    traceId: string,
  ): Promise<void> {
    try {
      const passage = passageOf(running.identity.caller, traceId);
      running.answer(await engine.execute(operation, variables, passage));
    } catch (error) {
      running.fail([tellError(error, { traceId, log: this.options.log })]);
    }
  }
}

export abstract class LiveOperation implements Listener {
  seat: Seat | undefined;
  #isBooked = false;
  #isOver = false;

  constructor(protected readonly live: Live) {}

  abstract readonly identity: Identity;
  abstract readonly isCongested: boolean;
  abstract awaitDrain(): void;
  abstract push(answers: readonly Written[]): boolean;

  /** Tells the client that nothing follows. */
  protected abstract sendComplete(): void;
  /** Tells the client why it ended, or why it never began. */
  protected abstract sendErrors(errors: readonly GraphQLError[]): void;

  opened(_operation: StreamOperation): void {
    this.#book(false);
  }

  complete(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.sendComplete();
  }

  fail(errors: readonly GraphQLError[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isBooked) this.live.options.guard.bookBrokenStream(this.identity);
    else this.#book(true);
    this.sendErrors(errors);
  }

  /** The one answer of a query or a mutation. */
  answer(answer: Answer): void {
    this.#book(answer.errors.length > 0);
    if (this.#isOver) return;
    if (answer.data === undefined) {
      this.#isOver = true;
      return this.sendErrors(answer.errors);
    }
    this.push([new Written(writeAnswer(answer))]);
    this.complete();
  }

  /** The client does not want it any more, or has gone. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.seat) return;
    this.#book(false);
    this.seat.leave();
  }

  #book(failed: boolean): void {
    if (this.#isBooked) return;
    this.#isBooked = true;
    this.live.options.guard.book(this.identity, failed);
  }
}
