/**
 * The graph as the door sees it: a text becomes an Operation once, and an Operation with its variables becomes an
 * Answer. One Engine belongs to one loaded supergraph; `Engines` holds the one in force and swaps it on reload.
 */
import type { Caller } from '@gridworks/kit/caller';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError, executeSync, type ExecutionResult } from 'graphql';
import { createHash } from 'node:crypto';
import { tellError, tellErrors, type Answer, type AnswerInParts } from './execute/answer.ts';
import type { Value } from './execute/entities.ts';
import { answerInParts } from './execute/parts.ts';
import { fromSubgraph, type Passage } from './execute/passage.ts';
import { Writing, type Fault } from './execute/projection.ts';
import { Run, type Variables } from './execute/run.ts';
import { checkDocument, type CheckedDocument } from './plan/document.ts';
import { PreparedOperation, type Compiled } from './plan/operation.ts';
import { fieldsOf } from './plan/selection.ts';
import { streamFacts } from './plan/stream.ts';
import { Recent } from './recent.ts';
import { loadSupergraph, type LoadedSupergraph } from './supergraph/supergraph.ts';
import type { Transport } from './transport/transport.ts';

/** What every operation has, whatever its kind. */
interface OperationBase {
  /** The operation and its fragments, printed in one normal form: equal texts mean equal operations. */
  readonly text: string;
  readonly name: string | undefined;
}

/** A query or mutation, ready to run. */
export interface RequestOperation extends OperationBase {
  readonly kind: 'query' | 'mutation';
  readonly prepared: PreparedOperation;
}

/** The operation of a subgraph that opens a stream. */
export interface Primary {
  readonly query: string;
  readonly operationName: string | undefined;
  /** Of the client's variables. */
  readonly variableNames: readonly string[];
}

/** A subscription, ready to be opened. */
export interface StreamOperation extends OperationBase {
  readonly kind: 'subscription';
  readonly prepared: PreparedOperation;
  /** The subgraph that owns the stream. */
  readonly subgraph: string;
  /**
   * The stream promises every event and can be taken up again where it broke: by the graph's convention its field has
   * an argument `after`. Other streams promise the latest state only.
   */
  readonly isGapless: boolean;
  /** No field of it depends on who asks: all are tagged `same-for-all` in the supergraph. */
  readonly isSameForAll: boolean;
  /** Where in the answer's data the count of skipped events stands: [root key, key]; undefined when not selected. */
  readonly conflatedAt: readonly [string, string] | undefined;
  /** What is asked of that subgraph, once; each of its events begins an answer. The variables have been checked. */
  primaryFor(variables: Variables): Primary;
  /** Which of the stream's subjects an event (its primary data) is about; latest wins within one subject. */
  subjectOf(data: Readonly<Record<string, unknown>>): string;
}

export type Operation = RequestOperation | StreamOperation;

export interface EngineOptions {
  /** The composed supergraph as SDL. */
  readonly supergraph: string;
  readonly transports: ReadonlyMap<string, Transport>;
  readonly log: Log;
  /** Whether the label of a progressive `@override` holds for a caller; by default `percent(n)` for n of 100 callers. */
  readonly overrides?: (label: string, caller: Caller) => boolean;
}

/** A large operation takes some ten milliseconds to plan, most take one or two. */
const WARMING_MS = 250;
/** By the characters of their texts; a compiled operation takes some fifty times that in memory. */
const REMEMBERED_CHARS = 1_000_000;

export class Engine {
  readonly supergraph: LoadedSupergraph;
  readonly #options: EngineOptions;
  /** By text and name; what only differs in its spaces and comments shares one operation. */
  readonly #byRequest = new Recent<Operation>(REMEMBERED_CHARS);
  readonly #byText = new Recent<Operation>(REMEMBERED_CHARS);

  /** Throws when the text is no supergraph, or names a subgraph there is no transport to. */
  constructor(options: EngineOptions) {
    this.#options = options;
    this.supergraph = loadSupergraph(options.supergraph);
    for (const name of this.supergraph.subgraphs.keys()) {
      if (!options.transports.has(name))
        throw new Error(`the supergraph names the subgraph ${name}, which has no transport`);
    }
  }

  /** Texts of the operations in use, the latest last. */
  get texts(): readonly string[] {
    return this.#byText.values().map(({ text }) => text);
  }

  /** The operation, or why there is none: GRAPHQL_PARSE_FAILED, OPERATION_RESOLUTION_FAILURE, GRAPHQL_VALIDATION_FAILED. */
  prepare(query: string, operationName?: string | null): Operation | readonly GraphQLError[] {
    const key = operationName ? `${operationName}\n${query}` : query;
    const known = this.#byRequest.get(key);
    if (known) return known;
    const document = checkDocument(this.supergraph.apiSchema, query, operationName);
    // What is refused is not worth remembering, and anybody could fill the memory with it.
    if (!('text' in document)) return document;
    let operation = this.#byText.get(document.text);
    if (!operation) {
      operation = operationOf(this.supergraph, document);
      this.#byText.set(document.text, operation, document.text.length);
    }
    this.#byRequest.set(key, operation, key.length);
    return operation;
  }

  /** Plans and compiles an operation before anybody waits for it; one that no longer fits is left alone. */
  warm(text: string): void {
    const operation = this.prepare(text);
    if (!('kind' in operation)) return;
    try {
      operation.prepared.warm();
    } catch (error) {
      this.#options.log.warn(
        { err: error, operation: operation.name },
        'an operation can no longer be planned',
      );
    }
  }

  /** BAD_USER_INPUT for variables that do not fit the operation; empty when they do. */
  checkVariables({ prepared }: Operation, variables: Variables): readonly GraphQLError[] {
    return prepared.coerce(variables).errors;
  }

  /** Never rejects: a fault is an error in the answer. Checks the variables first. */
  async execute(operation: RequestOperation, variables: Variables, passage: Passage): Promise<Answer> {
    const answer = await this.#execute(operation, variables, passage, false);
    return 'first' in answer ? answer.first : answer;
  }

  /** As `execute`, for a client that takes deferred parts of its answer later. */
  executeInParts(
    operation: RequestOperation,
    variables: Variables,
    passage: Passage,
  ): Promise<Answer | AnswerInParts> {
    return this.#execute(operation, variables, passage, operation.prepared.hasDeferrals);
  }

  /** One event of a stream, joined with what other subgraphs add. Never rejects; the variables have been checked. */
  async executeEvent(
    { prepared }: StreamOperation,
    variables: Variables,
    event: ExecutionResult,
    passage: Passage,
  ): Promise<Answer> {
    try {
      const { values } = prepared.coerce(variables);
      const compiled = prepared.compiled({ variables: values, overrides: NONE, inParts: false });
      const root: Value = { ...event.data };
      const run = this.#run(compiled, variables, passage, root);
      const said = (event.errors ?? []).map((error) => new GraphQLError(error.message, fromSubgraph(error)));
      await run.complete();
      return this.#write(compiled, run, passage, said);
    } catch (error) {
      return this.#fault(error, passage);
    }
  }

  async #execute(
    { prepared }: RequestOperation,
    variables: Variables,
    passage: Passage,
    inParts: boolean,
  ): Promise<Answer | AnswerInParts> {
    try {
      const { values, errors } = prepared.coerce(variables);
      if (errors.length > 0) return { data: undefined, errors };
      const overrides = this.#overridesFor(passage.caller);
      const compiled = prepared.compiled({ variables: values, overrides, inParts });
      const run = this.#run(compiled, variables, passage, {});
      if (prepared.hasIntrospection) this.#introspect(prepared, variables, run.root);
      await run.complete();
      const first = this.#write(compiled, run, passage, []);
      if (compiled.deferred.length === 0) return first;
      return answerInParts(first, compiled, run, (said, faults) =>
        this.#tell(compiled, run, passage, said, faults),
      );
    } catch (error) {
      return this.#fault(error, passage);
    }
  }

  #run({ program, representationsOf }: Compiled, variables: Variables, passage: Passage, root: Value): Run {
    const { transports } = this.#options;
    const { isOfType, isObjectType, typenamesChange } = this.supergraph;
    const context = {
      transports,
      isOfType,
      isObjectType: typenamesChange ? isObjectType : undefined,
      representationsOf,
    };
    return new Run(context, program, variables, passage, root);
  }

  #write(compiled: Compiled, run: Run, passage: Passage, said: readonly GraphQLError[]): Answer {
    const writing = new Writing(run.shared);
    const data = compiled.scope.write(run.root, writing, undefined, '') ?? 'null';
    const all = [...said, ...run.errorsOf(undefined)];
    if (all.length === 0 && writing.faults.length === 0) return { data, errors: [] };
    return { data, errors: this.#tell(compiled, run, passage, all, writing.faults) };
  }

  /** What subgraphs said, at the client's paths; where they said nothing, what did not fit its type. */
  #tell(
    { paths }: Compiled,
    { root }: Run,
    { traceId }: Passage,
    said: readonly GraphQLError[],
    faults: readonly Fault[],
  ): readonly GraphQLError[] {
    const errors =
      said.length > 0
        ? said.flatMap((error) => {
            if (!error.path) return [error];
            const { message, extensions } = error;
            return paths
              .clientPaths(error.path, root)
              .map((path) => new GraphQLError(message, { path, extensions }));
          })
        : faults.map(({ message, path }) => new GraphQLError(message, { path }));
    return tellErrors(errors, { traceId, log: this.#options.log });
  }

  #fault(error: unknown, { traceId }: Passage): Answer {
    const told = tellError(error, { traceId, log: this.#options.log });
    told.extensions['http'] ??= { status: 500 };
    return { data: undefined, errors: [told] };
  }

  #overridesFor(caller: Caller): ReadonlySet<string> {
    const { overrideLabels } = this.supergraph;
    if (overrideLabels.length === 0) return NONE;
    const holds = this.#options.overrides ?? holdsFor;
    return new Set(overrideLabels.filter((label) => holds(label, caller)));
  }

  /** The schema is ours to tell; graphql itself knows best how. */
  #introspect(prepared: PreparedOperation, variables: Variables, root: Value): void {
    const { data } = executeSync({
      schema: this.supergraph.apiSchema,
      document: prepared.introspection,
      variableValues: variables,
    });
    for (const [key, value] of Object.entries(data ?? {})) root[`__${key}`] = value;
  }
}

const NONE: ReadonlySet<string> = new Set();
const PERCENT = /^percent\((\d+(?:\.\d+)?)\)$/;

/** The same callers every time, so that nobody changes sides from one request to the next. */
function holdsFor(label: string, caller: Caller): boolean {
  const percent = PERCENT.exec(label)?.[1];
  if (percent === undefined) return false;
  const digest = createHash('sha256')
    .update(`${label} ${JSON.stringify(caller)}`)
    .digest();
  return (digest.readUInt32BE() / 2 ** 32) * 100 < Number(percent);
}

function operationOf(supergraph: LoadedSupergraph, document: CheckedDocument): Operation {
  const prepared = new PreparedOperation(supergraph, document);
  const { kind, text, name } = prepared;
  if (kind !== 'subscription') return { kind, text, name, prepared };
  const { root, isGapless, isSameForAll, subjectOf } = streamFacts(supergraph, prepared.selections);
  const conflated = fieldsOf(root.selections ?? []).find((field) => field.name === 'conflated');
  return {
    kind,
    text,
    name,
    prepared,
    isGapless,
    isSameForAll,
    subgraph: prepared.primaryFor({}).serviceName,
    primaryFor: (variables) => {
      const { values } = prepared.coerce(variables);
      const { operation, operationName, variableUsages = [] } = prepared.primaryFor(values);
      return { query: operation, operationName, variableNames: variableUsages };
    },
    conflatedAt: conflated && [root.key, conflated.key],
    subjectOf: (data) => {
      const event = data[root.canonical];
      return typeof event === 'object' && event !== null ? subjectOf(event as Value) : '';
    },
  };
}

/** The engine in force. A reload builds the next one first; what is not a supergraph changes nothing. */
export class Engines {
  #current: Engine;
  readonly #listeners = new Set<(engine: Engine) => void>();

  constructor(private readonly options: EngineOptions) {
    this.#current = new Engine(options);
  }

  get current(): Engine {
    return this.#current;
  }

  /**
   * Takes another supergraph into force; throws, and changes nothing, when it cannot be loaded. What clients asked for
   * last is planned anew before; the rest when it is asked for again, for meanwhile everybody waits.
   */
  reload(supergraph: string): void {
    const next = new Engine({ ...this.options, supergraph });
    const until = performance.now() + WARMING_MS;
    for (const text of [...this.#current.texts].reverse()) {
      if (performance.now() > until) break;
      next.warm(text);
    }
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
  }

  /** Tells of each engine that takes over. The result stops the telling. */
  onReload(listener: (engine: Engine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
