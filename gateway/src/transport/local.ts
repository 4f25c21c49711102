/**
 * A subgraph in this very process: a call, no bytes. Results are handed over by reference, which is safe because
 * graphql builds the objects and lists of each execution anew; nothing else holds them. Only the value of a custom
 * scalar is what its `serialize` gave (a Date, say): to be read, not changed.
 */
import type { Subgraph } from '@gridworks/kit/subgraph';
import type { ExecutionResult } from 'graphql';
import { SubscriptionRefused, revive, unavailable, type Transport } from './transport.ts';

export function localTransport(subgraph: Subgraph): Transport {
  return {
    name: subgraph.name,
    carries: 'values',
    async execute(request) {
      const { data, errors } = await subgraph.execute(request);
      // Without what a wire would not carry: what was thrown, and the text that only the subgraph saw.
      return errors ? { data, errors: errors.map((error) => error.toJSON()) } : { data };
    },
    async subscribe(request) {
      const stream = await subgraph.subscribe(request);
      if (!(Symbol.asyncIterator in stream)) {
        throw new SubscriptionRefused(revive((stream.errors ?? []).map((error) => error.toJSON())));
      }
      return interruptible(stream);
    },
    async post(path, body) {
      const route = subgraph.routes[path];
      if (!route) throw unavailable(subgraph.name);
      return route(body);
    },
    close: async () => undefined,
  };
}

/** `return` on an async generator waits for the value it is waiting for itself; a client that leaves must not. */
function interruptible(source: AsyncIterator<ExecutionResult>): AsyncIterableIterator<ExecutionResult> {
  const done = { done: true, value: undefined } as IteratorReturnResult<undefined>;
  let closed = false;
  let interrupt: (() => void) | undefined;
  return {
    next: () =>
      closed
        ? Promise.resolve(done)
        : new Promise((resolve, reject) => {
            interrupt = () => resolve(done);
            source.next().then(resolve, reject);
          }),
    return: async () => {
      closed = true;
      interrupt?.();
      source.return?.().catch(() => undefined);
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
