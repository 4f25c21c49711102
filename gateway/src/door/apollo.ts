/** Apollo Server over the stock gateway: queries and mutations, by HTTP and by WebSocket. */
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GatewayExecutor, GatewayInterface } from '@apollo/server-gateway-interface';
import { doorError } from '@gridworks/kit/caller';
import { forbidVendorTelemetry } from '@gridworks/kit/config';
import { newId } from '@gridworks/kit/id';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError, OperationTypeNode, type ExecutionResult } from 'graphql';
import { formatted, tellError, tellResult } from '../execute/answer.ts';
import type { Passage } from '../execute/fetch.ts';
import { operationUnknown } from '../plan/plan.ts';

/** One operation as Apollo Server sees it. */
export interface Visit extends Passage {
  /** Whether the answer carries errors; apart, because Apollo Server works on a copy of what it is given. */
  readonly outcome: { failed: boolean };
}

export interface ApolloOptions {
  readonly supergraph: string;
  readonly sources: Readonly<Record<string, GraphQLDataSource>>;
  readonly log: Log;
}

/** Starts Apollo Server; throws when the supergraph cannot be loaded or names a subgraph there is no way to. */
export async function startApollo({ supergraph, sources, log }: ApolloOptions): Promise<ApolloServer<Visit>> {
  forbidVendorTelemetry();
  const logger = {
    debug: (message: string) => log.debug(message),
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.warn(message),
    error: (message: string) => log.error(message),
  };
  const stock = new ApolloGateway({
    supergraphSdl: supergraph,
    logger,
    validateSupergraph: false,
    __exposeQueryPlanExperimental: false,
    buildService: ({ name }) => {
      const source = sources[name];
      if (!source) throw new Error(`the supergraph names the subgraph ${name}, which has no transport`);
      return source;
    },
  });
  /** Apollo Server formats errors without saying whose they are. */
  const traces = new WeakMap<object, string>();

  const apollo = new ApolloServer<Visit>({
    gateway: telling(stock, log),
    logger,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    formatError: (_formatted, error) => {
      const traceId = (typeof error === 'object' && error && traces.get(error)) || newId();
      return formatted(tellError(error, { traceId, log }));
    },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      {
        requestDidStart: async () => ({
          didResolveOperation: async ({ operation, request }) => {
            if (!operation) throw operationUnknown(request.operationName);
            if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
              throw doorError(
                'BAD_REQUEST',
                'Subscriptions travel over WebSocket (graphql-transport-ws) at this path.',
              );
            }
          },
          didEncounterErrors: async ({ errors, contextValue }) => {
            contextValue.outcome.failed = true;
            for (const error of errors) traces.set(error, contextValue.traceId);
          },
        }),
      },
    ],
  });
  await apollo.start();
  return apollo;
}

/** The stock gateway, its answers told as clients may read them. */
function telling(stock: ApolloGateway, log: Log): GatewayInterface {
  return {
    onSchemaLoadOrUpdate: (callback) => stock.onSchemaLoadOrUpdate(callback),
    stop: () => stock.stop(),
    load: async (options) => {
      const { executor } = await stock.load(options);
      const tellingExecutor: GatewayExecutor = async (request) => {
        const { traceId } = request.context as Visit;
        const result = tellResult(await run(executor, request), { traceId, log });
        return result as Awaited<ReturnType<GatewayExecutor>>;
      };
      return { executor: tellingExecutor };
    },
  };
}

async function run(
  executor: GatewayExecutor,
  request: Parameters<GatewayExecutor>[0],
): Promise<ExecutionResult> {
  try {
    return await executor(request);
  } catch (error) {
    // Without `data` the answer is a request error; Apollo Server takes its status from the code's `http`.
    return {
      errors: [
        error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error }),
      ],
    };
  }
}
