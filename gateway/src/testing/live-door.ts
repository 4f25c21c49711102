/** A door with live operations alone, over a fresh graph in process: what a whole gateway hides is in the test's hands. */
import type { Caller } from '@gridworks/kit/caller';
import { listen, readBody } from '@gridworks/kit/http';
import { randomUUID } from 'node:crypto';
import { Live, type LiveOptions, type Payload } from '../door/live.ts';
import { openSockets } from '../door/sockets.ts';
import { answerByEvents } from '../door/sse.ts';
import type { Limits } from '../door/limits.ts';
import { Engines, type Engine, type StreamOperation } from '../engine.ts';
import { Guard, credentialsOfHeaders } from '../guard/guard.ts';
import type { Transport } from '../transport/transport.ts';
import { createGraph, log, reach, type Graph } from './subgraphs.ts';

export interface LiveDoorOptions {
  readonly limits?: Partial<Limits>;
  /** What the compiled operation says of itself, where a test needs it otherwise. */
  readonly stream?: Partial<StreamOperation>;
  /** Subgraphs other than the graph's own. */
  readonly transports?: readonly Transport[];
}

export interface LiveDoor {
  readonly graph: Graph;
  readonly engines: Engines;
  readonly live: Live;
  readonly port: number;
  /** Streams that were asked of subgraphs, in order. */
  readonly upstreams: { readonly caller: Caller; readonly variables: unknown }[];
  /** How many events were joined, and by which engine the last: 1 is the first. */
  readonly executed: { count: number; engine: number };
  close(): Promise<void>;
}

export async function openLiveDoor({ limits, stream, transports }: LiveDoorOptions = {}): Promise<LiveDoor> {
  const graph = createGraph();
  const upstreams: LiveDoor['upstreams'] = [];
  const executed = { count: 0, engine: 0 };
  const own = (await reach(graph, 'local')).transports;
  const reached = new Map([...own, ...(transports ?? [])].map((each) => [each.name, noted(each, upstreams)]));
  const engines = new Engines({ supergraph: graph.supergraph, transports: reached, log });
  const guard = new Guard(reached, log, Date.now);
  const live = new Live({
    engines: adapted(engines, stream, executed),
    transports: reached,
    guard,
    log,
    clock: Date.now,
    ...(limits ? { limits } : {}),
  });
  const listening = await listen('127.0.0.1', 0, async (request, response) => {
    const identity = await guard.identify(credentialsOfHeaders(request.headers));
    const payload = (
      request.method === 'POST' ? JSON.parse((await readBody(request)) ?? '') : gotten(request.url ?? '')
    ) as Payload;
    answerByEvents(live, identity, payload, randomUUID(), request, response);
  });
  const sockets = openSockets({ live, server: listening.server, path: '/graphql' });
  return {
    graph,
    engines,
    live,
    port: listening.port,
    upstreams,
    executed,
    close: async () => {
      live.close();
      await Promise.all([sockets.close(), listening.close(), guard.close()]);
    },
  };
}

function gotten(url: string): Payload {
  const { searchParams } = new URL(url, 'http://door');
  return {
    query: searchParams.get('query') ?? '',
    variables: JSON.parse(searchParams.get('variables') ?? '{}') as Record<string, unknown>,
  };
}

function noted(transport: Transport, upstreams: LiveDoor['upstreams']): Transport {
  return Object.assign(Object.create(transport) as Transport, {
    subscribe: (request: Parameters<Transport['subscribe']>[0]) => {
      upstreams.push({ caller: request.caller, variables: request.variables });
      return transport.subscribe(request);
    },
  });
}

/** The engines, with what the test changes in their streams; events are counted. */
function adapted(
  engines: Engines,
  stream: Partial<StreamOperation> | undefined,
  executed: LiveDoor['executed'],
): LiveOptions['engines'] {
  const adaptedEngines = new Map<Engine, LiveOptions['engines']['current']>();
  const adapt = (engine: Engine): LiveOptions['engines']['current'] => {
    const known = adaptedEngines.get(engine);
    if (known) return known;
    const number = adaptedEngines.size + 1;
    const fresh: LiveOptions['engines']['current'] = {
      prepare: (text, name) => {
        const operation = engine.prepare(text, name);
        if (!stream || !('kind' in operation) || operation.kind !== 'subscription') return operation;
        return Object.assign(Object.create(operation) as StreamOperation, stream);
      },
      checkVariables: (operation, variables) => engine.checkVariables(operation, variables),
      execute: (operation, variables, passage) => engine.execute(operation, variables, passage),
      executeEvent: (operation, variables, event, passage) => {
        executed.count += 1;
        executed.engine = number;
        return engine.executeEvent(operation, variables, event, passage);
      },
    };
    adaptedEngines.set(engine, fresh);
    return fresh;
  };
  return {
    get current() {
      return adapt(engines.current);
    },
    onReload: (listener) => engines.onReload((engine) => listener(adapt(engine))),
  };
}

/** Resolves when it holds; a test that waits in vain runs into its own time limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
