/** Our way of answering: the gateway's own engine over the same subgraphs. */
import { ANONYMOUS } from '@gridworks/kit/caller';
import { Engine } from '../engine.ts';
import type { Answer } from '../execute/answer.ts';
import { passageOf } from '../execute/passage.ts';
import { log } from './silent.ts';
import { unavailable, type FetchAnswer, type Transport } from '../transport/transport.ts';
import { Random } from './random.ts';
import { TRACE_ID } from './reference.ts';
import type { Room, TestGraph } from './test-graph.ts';
import type { Asked, World } from './world.ts';

export type Form = 'values' | 'text';

export interface Request {
  readonly text: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export class Ours {
  readonly #engine: Engine;
  /** Of the one execution that runs: what is asked of whom, and how it travels. */
  #world: World | undefined;
  #form: Form = 'values';
  #delays = new Random(0);

  constructor(graph: TestGraph) {
    const transports = [...graph.rooms.values()].map((room) => [room.name, this.#transport(room)] as const);
    this.#engine = new Engine({ supergraph: graph.supergraph, transports: new Map(transports), log });
  }

  /** One at a time. */
  async answer(
    { text, operationName, variables }: Request,
    world: World,
    form: Form,
    delays: Random,
  ): Promise<Answer> {
    this.#world = world;
    this.#form = form;
    this.#delays = delays;
    const operation = this.#engine.prepare(text, operationName);
    if (!('kind' in operation)) return { data: undefined, errors: operation };
    if (operation.kind === 'subscription') throw new Error('a subscription has no one answer');
    return this.#engine.execute(operation, variables, passageOf(ANONYMOUS, TRACE_ID));
  }

  #transport(room: Room): Transport {
    const form = (): Form => this.#form;
    return {
      name: room.name,
      get carries() {
        return form();
      },
      execute: async ({ query, variables, operationName, body }) => {
        const world = this.#world;
        if (!world) throw new Error('nobody asked');
        // Answers come in any order.
        for (let left = this.#delays.below(8); left > 0; left -= 1) await Promise.resolve();
        if (form() === 'values')
          return (await world.answer(room, { query, variables, operationName })) as FetchAnswer;
        if (body === undefined) throw new Error('a transport of text was given none');
        const answer = await world.answer(room, JSON.parse(body) as Asked);
        return JSON.parse(JSON.stringify(answer)) as FetchAnswer;
      },
      subscribe: () => Promise.reject(unavailable(room.name)),
      post: () => Promise.reject(unavailable(room.name)),
      close: () => Promise.resolve(),
    };
  }
}
