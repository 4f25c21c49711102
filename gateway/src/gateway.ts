/** Wires the parts of the gateway: the supergraph, the ways to its subgraphs, and the door that clients come through. */
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { startApollo } from './door/apollo.ts';
import { openDoor } from './door/door.ts';
import type { PublicFiles } from './door/files.ts';
import type { Example } from './door/graphiql.ts';
import { eventExecutor } from './execute/event.ts';
import { dataSourceOf } from './execute/fetch.ts';
import { Guard } from './guard/guard.ts';
import { Plans } from './plan/plan.ts';
import { loadSupergraph } from './supergraph/supergraph.ts';
import type { Transport } from './transport/transport.ts';

export interface GatewayOptions {
  /** One for each subgraph of the supergraph; the gateway closes them with itself. */
  readonly transports: readonly Transport[];
  /** The composed supergraph as SDL. */
  readonly supergraph: string;
  /** Operations that GraphiQL opens with. */
  readonly examples: readonly Example[];
  /** What anybody may download beside the graph. */
  readonly files?: PublicFiles;
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  readonly clock?: Clock;
  /** The door opens when this has resolved; what needs no subgraph is made ready meanwhile. */
  readonly after?: Promise<unknown>;
}

export interface Gateway {
  readonly port: number;
  /** Ends every connection, hands in what is counted, and is done within a second and a half. */
  close(): Promise<void>;
}

/** Listens once the supergraph is loaded; a subgraph that is away now is no reason not to. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, log, examples } = options;
  const clock = options.clock ?? Date.now;
  const transports = new Map(options.transports.map((each) => [each.name as string, each]));
  const sources = Object.fromEntries(options.transports.map((each) => [each.name, dataSourceOf(each)]));
  const supergraph = loadSupergraph(options.supergraph);
  const apollo = await startApollo({ supergraph: options.supergraph, sources, log });
  await options.after;
  const guard = new Guard(transports, log, clock);
  const door = await openDoor({
    host,
    port,
    apollo,
    guard,
    examples,
    files: options.files ?? new Map(),
    log,
    clock,
    supergraph,
    transports,
    plans: new Plans(supergraph),
    execute: eventExecutor(supergraph, sources),
  }).catch(async (error: unknown) => {
    await Promise.all([guard.close(), apollo.stop()]);
    throw error;
  });
  const close = async (): Promise<void> => {
    await door.close();
    await guard.close();
    await apollo.stop();
    await Promise.all(options.transports.map((each) => each.close()));
  };
  let closing: Promise<void> | undefined;
  return { port: door.port, close: () => (closing ??= close()) };
}
