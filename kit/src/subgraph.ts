/**
 * One shape for all six rooms. `defineSubgraph` turns resolvers into a Subgraph value: an executable federated schema
 * with its event reactions and background work, which can be served alone over HTTP (`serve.ts`) or called in process.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import {
  GraphQLError,
  execute,
  parse,
  subscribe,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { buildSchemaSync, createResolversMap, type NonEmptyArray } from 'type-graphql';
import { DOOR_CODES, tenantOf, type Caller } from './caller.ts';
import type { Config, SubgraphName } from './config.ts';
import { streamWithTenant, withTenant, type Database } from './db.ts';
import { publish, type Reaction } from './events.ts';
import { Bus } from './events/bus.ts';
import type { Meter } from './operations/meter.ts';
import { Reporter } from './operations/reporter.ts';
import { createLog, type Log } from './telemetry.ts';
import type { Clock } from './time.ts';

/** What a subgraph stands on; its own in the distributed form, handed in by the embedded one. */
export interface Platform {
  readonly config: Config;
  readonly db: Database;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  /** Tells operators of this process. */
  readonly reporter: Reporter;
}

export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  readonly caller: Caller;
  readonly traceId: string;
}

/** What every resolver's context holds; a domain adds its store and loaders. */
export interface CallContext {
  readonly caller: Caller;
  readonly traceId: string;
}

/** Plain HTTP beside GraphQL, for what other protocols ask for (JWKS, key look-up): path -> answer as JSON. */
export type Routes = Readonly<Record<string, (body: unknown) => Promise<unknown>>>;

/** What came of a text that a party outside sent. */
export type HookVerdict = 'TAKEN' | 'UNREADABLE' | 'NOT_GENUINE';

/** What parties outside tell by a plain request at the door, `/hooks/<subgraph>/<name>`: name -> what is done with the text. */
export type Hooks = Readonly<Record<string, (text: string) => Promise<HookVerdict>>>;

export interface Subgraph {
  readonly name: SubgraphName;
  readonly sdl: string;
  readonly schema: GraphQLSchema;
  readonly routes: Routes;
  /** Counts what `execute` answers; who answers past it counts here as well. */
  readonly meter: Meter;
  execute(request: SubgraphRequest): Promise<ExecutionResult>;
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
  contextOf(caller: Caller, traceId: string): CallContext;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface SubgraphDefinition<C extends CallContext> {
  readonly name: SubgraphName;
  readonly resolvers: NonEmptyArray<Function>;
  /** Classes that no query reaches but the schema must hold: entities, mostly. */
  readonly types: readonly Function[];
  /** By entity: from a representation (key fields and `@requires` fields) to the object; null when there is none to see. */
  readonly references: Readonly<Record<string, (representation: never, context: C) => unknown>>;
  /** A fresh context per operation: loaders must not outlive what one caller may see. */
  readonly context: (base: CallContext) => C;
  readonly reactions?: readonly Reaction[];
  /** Consumer groups of this domain run on the platform's bus once it starts. */
  readonly start?: () => Promise<void>;
  readonly stop?: () => Promise<void>;
  readonly routes?: Routes;
  readonly hooks?: Hooks;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@tag", "@inaccessible"])\n\n`;
const DOCUMENTS_MAX = 2_000;

export function defineSubgraph<C extends CallContext>(
  platform: Platform,
  definition: SubgraphDefinition<C>,
): Subgraph {
  const { sdl, schema } = buildFederated(definition);
  const log = platform.log.child({ subgraph: definition.name });
  const meter = platform.reporter.meter(definition.name);
  const documents = new Map<string, DocumentNode | readonly GraphQLError[]>();

  /** Parsed and validated once per text: the gateway sends the same few texts again and again. */
  function documentOf(query: string): DocumentNode | readonly GraphQLError[] {
    const known = documents.get(query);
    if (known) return known;
    const fresh = readDocument(schema, query);
    if (documents.size >= DOCUMENTS_MAX) documents.delete(documents.keys().next().value as string);
    documents.set(query, fresh);
    return fresh;
  }

  function contextOf(caller: Caller, traceId: string): C {
    return definition.context({ caller, traceId });
  }

  function args(request: SubgraphRequest, document: DocumentNode): Parameters<typeof execute>[0] {
    return {
      schema,
      document,
      contextValue: contextOf(request.caller, request.traceId),
      variableValues: request.variables ?? {},
      operationName: request.operationName ?? null,
    };
  }

  for (const each of definition.reactions ?? []) platform.bus.on(each);

  return {
    name: definition.name,
    sdl,
    schema,
    routes: { ...definition.routes, ...hookRoutes(definition.hooks ?? {}) },
    meter,
    contextOf,
    async execute(request) {
      const document = documentOf(request.query);
      if (!('kind' in document)) return { errors: document };
      const beganMs = performance.now();
      const result = await withTenant(tenantOf(request.caller), () => execute(args(request, document)));
      meter.record(performance.now() - beganMs, result.errors !== undefined);
      return masked(result, request.traceId, log);
    },
    async subscribe(request) {
      const document = documentOf(request.query);
      if (!('kind' in document)) return { errors: document };
      const tenant = tenantOf(request.caller);
      const stream = await withTenant(tenant, async () => subscribe(args(request, document)));
      if (!(Symbol.asyncIterator in stream)) return masked(stream, request.traceId, log);
      return maskedStream(streamWithTenant(tenant, stream), request.traceId, log);
    },
    start: async () => definition.start?.(),
    stop: async () => definition.stop?.(),
  };
}

function hookRoutes(hooks: Hooks): Routes {
  return Object.fromEntries(
    Object.entries(hooks).map(([name, hook]) => [
      `/hooks/${name}`,
      async (text) => (typeof text === 'string' ? hook(text) : 'UNREADABLE'),
    ]),
  );
}

function buildFederated<C extends CallContext>(
  definition: SubgraphDefinition<C>,
): { sdl: string; schema: GraphQLSchema } {
  const plain = buildSchemaSync({
    resolvers: definition.resolvers,
    orphanedTypes: [...definition.types],
    validate: false,
    // A subgraph may only extend others' entities; it has no query until the federated schema adds `_entities`.
    skipCheck: true,
    // Every subscription here names its own source; TypeGraphQL still insists on one.
    pubSub: {
      publish: () => undefined,
      subscribe: () => {
        throw new Error('a subscription must name its source');
      },
    },
  });
  const sdl = LINK + printSchemaWithDirectives(plain);
  const resolvers = createResolversMap(plain);
  for (const [type, resolve] of Object.entries(definition.references)) {
    Object.assign(resolvers[type] ?? (resolvers[type] = {}), {
      __resolveReference: (representation: never, context: C) => resolve(representation, context),
    });
  }
  return { sdl, schema: buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never }) };
}

function readDocument(schema: GraphQLSchema, query: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    return errors.length === 0
      ? document
      : errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  } catch (error) {
    if (error instanceof GraphQLError) return [withCode(error, 'GRAPHQL_PARSE_FAILED')];
    throw error;
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...error.extensions, code },
  });
}

const CODES: ReadonlySet<unknown> = new Set(DOOR_CODES);

/** Faults stay inside: what is not one of the closed codes is logged whole and leaves as one masked error. */
export function maskError(error: GraphQLError, traceId: string, log: Log): GraphQLError {
  if (CODES.has(error.extensions['code'])) return error;
  // Before execution begins graphql-js objects to variables that do not fit; those are the client's to mend.
  if (!error.path) return withCode(error, 'BAD_USER_INPUT');
  log.error({ err: error.originalError ?? error, traceId, path: error.path }, 'a resolver failed');
  return new GraphQLError('Something went wrong on our side.', {
    path: error.path ?? null,
    nodes: error.nodes ?? null,
    extensions: { code: 'INTERNAL_SERVER_ERROR', traceId },
  });
}

function masked(result: ExecutionResult, traceId: string, log: Log): ExecutionResult {
  return result.errors
    ? { ...result, errors: result.errors.map((error) => maskError(error, traceId, log)) }
    : result;
}

/** Not a generator: one that waits for its next event hears only afterwards that its consumer has left. */
function maskedStream(
  stream: AsyncIterableIterator<ExecutionResult>,
  traceId: string,
  log: Log,
): AsyncIterableIterator<ExecutionResult> {
  return {
    async next() {
      const step = await stream.next();
      return step.done ? step : { done: false, value: masked(step.value, traceId, log) };
    },
    return: async () => (await stream.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The platform of a process that serves one subgraph, or of the embedded form that runs all. */
export function createPlatform(config: Config, db: Database, name: string): Platform {
  const clock = Date.now;
  const reporter = new Reporter({
    service: name,
    clock,
    deliver: async (events) => {
      await db.backgroundTransaction((tx) => publish(tx, events));
      bus.committed();
    },
  });
  const log = createLog(name, config.logLevel, (fault) => reporter.fault(fault));
  const bus = new Bus(db, log, config.kafka);
  reporter.watch('database', async () => (await db.background.query('SELECT')).rowCount === 1);
  return { config, db, bus, log, clock, reporter };
}
