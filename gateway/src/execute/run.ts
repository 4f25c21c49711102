/**
 * Runs a program: each call begins when those it waits for are done, asks for the distinct entities it finds in what is
 * there by then, and puts the answers where they belong.
 */
import { GraphQLError } from 'graphql';
import type { Call, CallText, JoinedCall, Part, Program } from '../plan/program.ts';
import type { FetchRequest, Transport } from '../transport/transport.ts';
import {
  applyRewrites,
  mergeInto,
  objectsAt,
  own,
  placesAt,
  type IsObjectType,
  type IsOfType,
  type RepresentationWriter,
  type Representations,
  type Value,
} from './entities.ts';
import { fromSubgraph, type Passage, type SubgraphError } from './passage.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** What a run needs to know beside its program. */
export interface RunContext {
  readonly transports: ReadonlyMap<string, Transport>;
  readonly isOfType: IsOfType;
  /** For graphs where it matters (`merge`). */
  readonly isObjectType: IsObjectType | undefined;
  readonly representationsOf: (part: Part) => RepresentationWriter | undefined;
}

/** A part of a call that has something to ask. */
interface Asking {
  readonly part: Part;
  /** The objects it completes. */
  readonly objects: readonly Value[];
  readonly representations: Representations | undefined;
  /** Where its answer is among those of the call. */
  readonly answerKey: string;
}

const ENTITIES = '_entities';

/** One part of the answer (the first, or a deferred one) that somebody waits for. */
interface Phase {
  left: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The state of one execution. */
export class Run {
  readonly #errors = new Map<string | undefined, GraphQLError[]>();
  readonly #phases = new Map<string | undefined, Phase>();
  readonly #waiting: number[];
  /** Calls that begin once what has arrived is read. */
  readonly #ready: Call[] = [];
  /** Objects by place, until other objects arrive. */
  readonly #found = new Map<string, readonly Value[]>();
  #shared: Set<object> | undefined;

  constructor(
    private readonly context: RunContext,
    private readonly program: Program,
    private readonly variables: Variables,
    private readonly passage: Passage,
    /** The answer in the making, under canonical names. */
    readonly root: Value = {},
  ) {
    this.#waiting = program.calls.map(({ waitsFor }) => waitsFor);
  }

  /** Objects that stand in several places of the answer; undefined when there are none. */
  get shared(): ReadonlySet<object> | undefined {
    return this.#shared;
  }

  /** What subgraphs said of one part of the answer; paths are those of what was fetched, from the root. */
  errorsOf(deferral: string | undefined): readonly GraphQLError[] {
    return this.#errors.get(deferral) ?? [];
  }

  /**
   * Resolves when the calls of one part of the answer are done: of the first, or of a deferred one. Calls of a part
   * that nobody asked for do not begin.
   */
  complete(deferral?: string): Promise<void> {
    const calls = this.program.calls.filter((call) => call.deferral === deferral);
    if (calls.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#phases.set(deferral, { left: calls.length, resolve, reject });
      for (const call of calls) {
        if (this.#waiting[call.index] === 0) this.#begin(call);
      }
    });
  }

  /**
   * Begins a call when the answers that have arrived with the one it waited for are read, too: other calls to its
   * subgraph that these make ready go along with it. Nothing is waited for that is not there yet.
   */
  #begin(call: Call): void {
    const { subgraph, waitsFor } = call;
    const carries = this.context.transports.get(subgraph)?.carries;
    if (waitsFor === 0 || carries !== 'text' || !isJoinable(call)) return this.#send([call]);
    if (this.#ready.push(call) === 1) setImmediate(() => this.#sendReady());
  }

  #sendReady(): void {
    const ready = this.#ready.splice(0);
    while (ready.length > 0) {
      const [{ subgraph, deferral } = { subgraph: '', deferral: undefined }] = ready;
      const together = ready.filter((each) => each.subgraph === subgraph && each.deferral === deferral);
      for (const each of together) ready.splice(ready.indexOf(each), 1);
      this.#send(together);
    }
  }

  #send(calls: readonly Call[]): void {
    const [call] = calls;
    if (!call) return;
    const joined = calls.length === 1 ? call : this.program.join(calls);
    // A fault of ours must end the run, not leave it waiting.
    this.#carryOut(joined).then(
      () => calls.forEach((each) => this.#finished(each)),
      (error: unknown) => this.#phases.get(call.deferral)?.reject(error),
    );
  }

  #finished({ wakes, deferral }: Call): void {
    for (const index of wakes) {
      const left = (this.#waiting[index] ?? 0) - 1;
      this.#waiting[index] = left;
      const next = this.program.calls[index];
      if (left === 0 && next && this.#phases.has(next.deferral)) this.#begin(next);
    }
    const phase = this.#phases.get(deferral);
    if (phase && --phase.left === 0) phase.resolve();
  }

  async #carryOut(call: JoinedCall): Promise<void> {
    const askings: Asking[] = [];
    for (const part of call.parts) {
      const asking = this.#asking(part, call.parts.length > 1);
      if (asking) askings.push(asking);
    }
    const [first] = askings;
    if (!first || this.passage.lost.has(call.subgraph)) return;
    // Alone, a part needs nothing of the others' text.
    const isAlone = askings.length === 1;
    const asked = isAlone && first.answerKey !== ENTITIES ? [{ ...first, answerKey: ENTITIES }] : askings;
    const transport = this.context.transports.get(call.subgraph);
    if (!transport) throw new Error(`there is no transport to the subgraph ${call.subgraph}`);
    let result: { readonly data?: unknown; readonly errors?: readonly SubgraphError[] | undefined };
    try {
      result = await transport.execute(
        isAlone
          ? this.#request(transport, call, first.part.alone, [['representations', first]])
          : this.#request(transport, call, call.text, this.#named(call, askings)),
      );
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      this.passage.lost.add(call.subgraph);
      const path = [...this.#placeOf(first, 0), ...first.part.firstPath];
      this.#say(call, errorFrom(error, path));
      return;
    }
    for (const error of result.errors ?? []) this.#tell(call, error, asked);
    if (typeof result.data !== 'object' || result.data === null) return;
    for (const asking of asked) this.#receive(call, asking, result.data as Value);
  }

  /** The objects a part is about; undefined when there is nothing to ask. */
  #asking(part: Part, isMerged: boolean): Asking | undefined {
    const objects = this.#objectsOf(part);
    if (objects.length === 0) return undefined;
    const representations = this.context.representationsOf(part)?.of(objects);
    if (representations?.texts.length === 0) return undefined;
    return { part, objects, representations, answerKey: isMerged ? part.answerKey : ENTITIES };
  }

  #objectsOf({ paths, place }: Part): readonly Value[] {
    const known = this.#found.get(place);
    if (known) return known;
    const objects = objectsAt(this.root, paths, this.#shared);
    this.#found.set(place, objects);
    return objects;
  }

  /** The variable of each part of a merged call; a part without anything to ask has an empty list. */
  #named(call: JoinedCall, askings: readonly Asking[]): readonly (readonly [string, Asking | undefined])[] {
    return call.parts.map((part) => [
      part.representationsName,
      askings.find((asking) => asking.part === part),
    ]);
  }

  #request(
    transport: Transport,
    { isMutation }: JoinedCall,
    text: CallText,
    asked: readonly (readonly [name: string, asking: Asking | undefined])[],
  ): FetchRequest {
    const { query, operationName } = text;
    const { caller, traceId } = this.passage;
    const carriesText = transport.carries === 'text';
    const body = carriesText ? this.#bodyOf(text, asked) : undefined;
    const variables = carriesText ? undefined : this.#variablesOf(text, asked);
    return { query, operationName, variables, body, caller, traceId, isMutation };
  }

  /** Written as it travels; GraphQL's names need no escape. */
  #bodyOf(
    { opening, variableNames }: CallText,
    asked: readonly (readonly [name: string, asking: Asking | undefined])[],
  ): string {
    let body = opening;
    let comma = '';
    for (const [name, asking] of asked) {
      if (asking && !asking.representations) continue;
      body += `${comma}"${name}":[${asking?.representations?.texts.join(',') ?? ''}]`;
      comma = ',';
    }
    for (const name of variableNames) {
      const value = own(this.variables, name);
      if (value === undefined) continue;
      body += `${comma}"${name}":${JSON.stringify(value)}`;
      comma = ',';
    }
    return `${body}}}`;
  }

  #variablesOf(
    { variableNames }: CallText,
    asked: readonly (readonly [name: string, asking: Asking | undefined])[],
  ): Value {
    const variables: Value = {};
    for (const name of variableNames) {
      const value = own(this.variables, name);
      if (value !== undefined) variables[name] = value;
    }
    for (const [name, asking] of asked) {
      if (asking && !asking.representations) continue;
      const writer = asking && this.context.representationsOf(asking.part);
      variables[name] =
        asking?.representations?.objects.map(([object]) => object && writer?.valueOf(object)) ?? [];
    }
    return variables;
  }

  #receive(call: JoinedCall, asking: Asking, data: Value): void {
    const { part, objects, representations, answerKey } = asking;
    if (part.bringsObjects) this.#found.clear();
    if (!representations) {
      applyRewrites(part.outputRewrites, data, this.context.isOfType);
      this.#put(objects, data);
      return;
    }
    const entities = own(data, answerKey);
    // Errors have said why there are none, if the subgraph said anything.
    if (entities === null || entities === undefined) return;
    if (!Array.isArray(entities) || entities.length !== representations.texts.length) {
      const message = `${call.subgraph} answered with other entities than it was asked for.`;
      this.#say(call, new GraphQLError(message, { path: this.#placeOf(asking, 0) }));
      return;
    }
    entities.forEach((entity: unknown, index) => {
      if (typeof entity !== 'object' || entity === null) return;
      const standing = representations.objects[index] ?? [];
      if (part.outputRewrites.length > 0) {
        // Rewrites are for types; an entity that does not tell its own has that of what it was asked by.
        (entity as Value)['__typename'] ??= standing[0]?.['__typename'];
        applyRewrites(part.outputRewrites, entity, this.context.isOfType);
      }
      this.#put(standing, entity as Value);
    });
  }

  #put(objects: readonly Value[], received: Value): void {
    if (objects.length > 1) {
      this.#shared ??= new Set();
      for (const value of Object.values(received)) {
        if (typeof value === 'object' && value !== null) this.#shared.add(value);
      }
    }
    mergeInto(objects, received, this.context.isObjectType);
  }

  /** An error of a subgraph, at every place where what it is about stands. */
  #tell(call: JoinedCall, error: SubgraphError, asked: readonly Asking[]): void {
    const path = error.path ?? undefined;
    const asking = asked.find(({ representations, answerKey }) => representations && answerKey === path?.[0]);
    if (!path) {
      this.#say(call, errorFrom(error, undefined));
    } else if (!asking) {
      const [first] = asked;
      const places = first && !first.representations ? this.#places(first, first.objects) : [[]];
      for (const place of places) this.#say(call, errorFrom(error, [...place, ...path]));
    } else {
      const index = path[1];
      const objects =
        typeof index === 'number'
          ? (asking.representations?.objects[index] ?? [])
          : asking.objects.slice(0, 1);
      for (const place of this.#places(asking, objects)) {
        this.#say(call, errorFrom(error, [...place, ...path.slice(2)]));
      }
    }
  }

  #say({ deferral }: JoinedCall, error: GraphQLError): void {
    const said = this.#errors.get(deferral);
    if (said) said.push(error);
    else this.#errors.set(deferral, [error]);
  }

  #places({ part }: Asking, objects: readonly Value[]): readonly (readonly (string | number)[])[] {
    const places = placesAt(this.root, part.paths);
    return objects.flatMap((object) => places.get(object) ?? []);
  }

  #placeOf(asking: Asking, index: number): readonly (string | number)[] {
    const objects = asking.representations?.objects[index] ?? asking.objects;
    return this.#places(asking, objects.slice(0, 1))[0] ?? [];
  }
}

/** Entities of several places can be asked for in one request; fields of the root cannot. */
function isJoinable({ isMutation, parts }: Call): boolean {
  return !isMutation && parts.every(({ requires }) => requires);
}

function errorFrom(error: SubgraphError, path: readonly (string | number)[] | undefined): GraphQLError {
  const { message, extensions } = fromSubgraph(error);
  return new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null });
}
