/** Wires the parts of the gateway: the supergraph, the ways to its subgraphs, and the door that clients come through. */
import { LIMITS, type Limits } from '@gridworks/kit/http';
import type { Reporter } from '@gridworks/kit/operations/reporter';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { openDoor } from './door/door.ts';
import type { PublicFiles } from './door/files.ts';
import type { Example } from './door/graphiql.ts';
import { Engines } from './engine.ts';
import { Guard } from './guard/guard.ts';
import { watchText } from './supergraph/watch.ts';
import { Ways, type TransportOf } from './supergraph/ways.ts';
import type { Transport } from './transport/transport.ts';

export interface GatewayOptions {
  /** The ways to subgraphs that are known beforehand; the gateway closes them with itself. */
  readonly transports: readonly Transport[];
  /** Makes the way to any other subgraph that a supergraph names. Without it such a supergraph cannot be loaded. */
  readonly transportOf?: TransportOf;
  /** The composed supergraph as SDL. */
  readonly supergraph: string;
  /** The file that the supergraph stands in; when its text changes, the gateway follows. */
  readonly supergraphFile?: string;
  /** Operations that GraphiQL opens with. */
  readonly examples: readonly Example[];
  /** What anybody may download beside the graph. */
  readonly files?: PublicFiles;
  readonly host: string;
  readonly port: number;
  readonly limits?: Partial<Limits>;
  readonly log: Log;
  readonly clock?: Clock;
  /** Told of the requests that are answered, and of the supergraphs that come into force. Whoever gives it ends it. */
  readonly reporter?: Reporter;
  /** The door opens when this has resolved; what needs no subgraph is made ready meanwhile. */
  readonly after?: Promise<unknown>;
}

export interface Gateway {
  readonly port: number;
  /**
   * Takes another supergraph into force. Requests that have begun end on the one they began on. Rejects, and changes
   * nothing, when it cannot be loaded. Of several, each waits for the one before.
   */
  reload(supergraph: string): Promise<void>;
  /** Ends every connection, hands in what is counted, and is done within a second and a half. */
  close(): Promise<void>;
}

/** Listens once the supergraph is loaded; a subgraph that is away now is no reason not to. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, log, examples, supergraphFile, reporter } = options;
  const clock = options.clock ?? Date.now;
  const ways = new Ways(options.transports, options.transportOf, log);
  const { transports } = ways;
  const engines = await ways.follow(
    options.supergraph,
    () => new Engines({ supergraph: options.supergraph, transports, log }),
  );
  await options.after;
  const guard = new Guard(transports, log, clock);
  const door = await openDoor({
    host,
    port,
    engines,
    guard,
    ways,
    examples,
    files: options.files ?? new Map(),
    limits: { ...LIMITS, ...options.limits },
    log,
    clock,
    meter: reporter?.meter('gateway'),
  }).catch(async (error: unknown) => {
    await Promise.all([guard.close(), ways.close()]);
    throw error;
  });

  reporter?.start(options.supergraph);
  let reloading: Promise<void> = Promise.resolve();
  function reload(supergraph: string): Promise<void> {
    const begin = async (): Promise<void> => {
      await ways.follow(supergraph, () => engines.reload(supergraph));
      reporter?.reloaded(supergraph);
    };
    const reloaded = reloading.then(begin);
    reloading = reloaded.catch(() => undefined);
    return reloaded;
  }

  /** Nobody is there to be told but the log; what was in force stays. */
  async function reloadFromFile(text: string): Promise<void> {
    try {
      await reload(text);
      log.info({ file: supergraphFile }, 'another supergraph is in force');
    } catch (error) {
      log.error(
        { err: error, file: supergraphFile },
        'the supergraph cannot be loaded; the one before stays',
      );
    }
  }
  const unwatch =
    supergraphFile === undefined
      ? undefined
      : watchText(supergraphFile, options.supergraph, (text) => void reloadFromFile(text), log);

  const close = async (): Promise<void> => {
    unwatch?.();
    await door.close();
    await guard.close();
    await ways.close();
  };
  let closing: Promise<void> | undefined;
  return { port: door.port, reload, close: () => (closing ??= close()) };
}
