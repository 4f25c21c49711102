/** A whole gateway on a free port, over a fresh graph. */
import { createGateway, type Gateway, type GatewayOptions } from '../gateway.ts';
import { createGraph, log, reach, type Form, type Graph, type Reached } from './subgraphs.ts';

export interface Opened {
  readonly graph: Graph;
  readonly reached: Reached;
  readonly gateway: Gateway;
  readonly port: number;
  close(): Promise<void>;
}

export async function openGateway(form: Form, more: Partial<GatewayOptions> = {}): Promise<Opened> {
  const graph = createGraph();
  const reached = await reach(graph, form);
  const gateway = await createGateway({
    transports: reached.transports,
    supergraph: graph.supergraph,
    examples: [],
    host: '127.0.0.1',
    port: 0,
    log,
    ...more,
  });
  return {
    graph,
    reached,
    gateway,
    port: gateway.port,
    close: async () => {
      await gateway.close();
      await reached.stop();
    },
  };
}
