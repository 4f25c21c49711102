/** An operation ready to run: planned once, compiled once for each set of conditions it meets. */
import type { FetchNode, QueryPlan } from '@apollo/query-planner';
import { doorError } from '@gridworks/kit/caller';
import {
  Kind,
  getVariableValues,
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLError,
  type OperationDefinitionNode,
} from 'graphql';
import { RepresentationWriter } from '../execute/entities.ts';
import { Scope } from '../execute/projection.ts';
import type { Variables } from '../execute/run.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';
import { deferredPlaces } from './deferred.ts';
import type { CheckedDocument } from './document.ts';
import { plainVariables, type PlainVariables } from './plain-variables.ts';
import { PlannerFailed } from './planner.ts';
import { compileProgram, type CallText, type Part, type Program } from './program.ts';
import {
  fieldsOf,
  isIntrospection,
  plannedOperation,
  selectionsOf,
  type Decided,
  type Deferral,
  type Field,
  type Selection,
} from './selection.ts';

/** What is decided about an operation before it runs. */
export interface Decisions {
  /** Of the operation's variables, coerced. */
  readonly variables: Variables;
  /** Labels of progressive overrides that hold now. */
  readonly overrides: ReadonlySet<string>;
  /** The client takes its answer in parts. */
  readonly inParts: boolean;
}

/** A part of the answer that comes later. */
export interface DeferredPart {
  readonly id: string;
  readonly label: string | undefined;
  /** Client's names from the root to the objects it belongs to; every item of a list on the way has one. */
  readonly path: readonly Field[];
  readonly scope: Scope;
}

/** An operation under its decisions: what to fetch, and how to write the answer. */
export interface Compiled {
  /** Of a subscription: the fetch that opens its stream; the program is what is done for each event. */
  readonly primary: FetchNode | undefined;
  readonly program: Program;
  readonly scope: Scope;
  /** Of the whole answer, what is deferred included: for the paths of errors. */
  readonly paths: Scope;
  readonly deferred: readonly DeferredPart[];
  readonly representationsOf: (part: Part) => RepresentationWriter | undefined;
}

/** So many sets of decisions are kept compiled for one operation; to compile one anew takes about a millisecond. */
const COMPILED_MAX = 64;

export class PreparedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly text: string;
  readonly name: string | undefined;
  readonly definition: OperationDefinitionNode;
  /** It asks for the schema itself, too, at its root. */
  readonly hasIntrospection: boolean;
  readonly hasDeferrals: boolean;
  readonly selections: readonly Selection[];
  readonly #root: GraphQLCompositeType;
  readonly #conditions: readonly string[];
  readonly #deferrals: readonly Deferral[];
  readonly #compiled = new Map<string, Compiled>();
  readonly #plain: PlainVariables | undefined;

  constructor(
    private readonly supergraph: LoadedSupergraph,
    readonly document: CheckedDocument,
  ) {
    const { definition, text } = document;
    const { root, selections } = selectionsOf(supergraph.apiSchema, document);
    this.kind = definition.operation;
    this.text = text;
    this.name = definition.name?.value;
    this.definition = definition;
    this.#root = root;
    this.selections = selections;
    this.#conditions = [...new Set(conditionsOf(selections))].sort();
    this.#deferrals = deferralsOf(selections);
    this.#plain = plainVariables(definition.variableDefinitions ?? []);
    this.hasDeferrals = this.#deferrals.length > 0;
    this.hasIntrospection = fieldsOf(selections).some(({ name }) => isIntrospection(name));
  }

  /** Nearly every operation has one set of decisions only, and is compiled once. */
  compiled(decisions: Decisions): Compiled {
    const key = this.#keyOf(decisions);
    const known = this.#compiled.get(key);
    if (known) return known;
    const fresh = this.#compile(decisions);
    if (this.#compiled.size >= COMPILED_MAX) this.#compiled.delete(this.#compiled.keys().next().value ?? '');
    this.#compiled.set(key, fresh);
    return fresh;
  }

  /** Plans and compiles it as nearly every request will want it. */
  warm(): void {
    this.compiled({ variables: {}, overrides: new Set(), inParts: false });
  }

  /** The variables as the operation declares them, or why they do not fit: BAD_USER_INPUT. */
  coerce(variables: Variables): {
    readonly values: Variables;
    readonly errors: readonly GraphQLError[];
  } {
    const { variableDefinitions = [] } = this.definition;
    if (variableDefinitions.length === 0) return { values: {}, errors: [] };
    const plain = this.#plain?.(variables);
    if (plain) return { values: plain, errors: [] };
    const { coerced, errors = [] } = getVariableValues(
      this.supergraph.apiSchema,
      variableDefinitions,
      variables,
    );
    return {
      values: coerced ?? {},
      errors: errors.map(({ message }) => doorError('BAD_USER_INPUT', message)),
    };
  }

  /** Of a subscription: what opens its stream. */
  primaryFor(values: Variables): FetchNode {
    const { primary } = this.compiled({ variables: values, overrides: new Set(), inParts: false });
    if (!primary) throw new Error('the operation is no subscription');
    return primary;
  }

  /** What it asks of the schema itself; without it nothing, for an operation that does not. */
  get introspection(): DocumentNode {
    const fields = fieldsOf(this.selections).filter(({ name }) => isIntrospection(name));
    const selections = fields.map(({ node }) => node);
    const definition = {
      ...this.definition,
      selectionSet: { kind: Kind.SELECTION_SET, selections },
    } as const;
    return { kind: Kind.DOCUMENT, definitions: [definition, ...this.document.fragments.values()] };
  }

  #keyOf(decisions: Decisions): string {
    const { variables, overrides, inParts } = decisions;
    if (this.#conditions.length === 0 && overrides.size === 0 && !inParts) return '';
    const bits = this.#conditions.map((each) => (variables[each] === true ? '1' : '0')).join('');
    const deferred = this.#deferrals.filter((each) => isDeferring(each, decisions)).map(({ id }) => id);
    return `${bits} ${deferred.join(',')} ${[...overrides].sort().join(',')}`;
  }

  /** Undefined when the conditions leave nothing to fetch. */
  #plan(decided: Decided, { overrides, inParts }: Decisions): QueryPlan['node'] {
    const { planner, overrideLabels } = this.supergraph;
    const labels = new Map(overrideLabels.map((each) => [each, overrides.has(each)]));
    const plan = (as: Decided): QueryPlan['node'] => {
      const planned = plannedOperation(this.definition, this.selections, as);
      return planned && planner.plan(planned, labels).node;
    };
    try {
      return plan(decided);
    } catch (error) {
      // With deferrals the other form loses requirements; without them the whole is tried again by `#compile`.
      if (!(error instanceof PlannerFailed) || inParts) throw error;
      // Fragments on abstract types, where some subgraph knows an interface as an object, are too much for the planner.
      try {
        return plan({ ...decided, sortedBy: this.supergraph.apiSchema });
      } catch {
        throw error;
      }
    }
  }

  #compile(decisions: Decisions): Compiled {
    if (!decisions.inParts) return this.#compileAs(decisions);
    try {
      return this.#compileAs(decisions);
    } catch {
      // To defer is a courtesy: what cannot be planned in parts is answered whole, or fails for its own reason.
      return this.#compileAs({ ...decisions, inParts: false });
    }
  }

  #compileAs(decisions: Decisions): Compiled {
    const { apiSchema, isOfType, isKeyed, typenamesChange } = this.supergraph;
    const conditionIs = (variable: string): boolean => decisions.variables[variable] === true;
    const deferring = new Set(this.#deferrals.filter((each) => isDeferring(each, decisions)));
    const isDeferred = (each: Deferral): boolean => deferring.has(each);
    const node = this.#plan({ conditionIs, isDeferring: isDeferred }, decisions);
    const isStream = node?.kind === 'Subscription';
    const program = compileProgram(isStream ? node.rest : node, {
      typenamesChange,
      isMutation: this.kind === 'mutation',
    });
    const writers = new Map<CallText, RepresentationWriter>();
    for (const { subgraph, parts } of program.calls) {
      const isKnown = (typename: string, names: readonly string[]): boolean =>
        isKeyed(subgraph, typename, names);
      for (const part of parts) {
        const { requires, inputRewrites } = part;
        if (requires)
          writers.set(part.alone, new RepresentationWriter(requires, inputRewrites, isOfType, isKnown));
      }
    }
    const options = { schema: apiSchema, conditionIs, isDeferred };
    const deferred = deferredPlaces(this.selections).flatMap(({ deferral, path, type, selections }) =>
      deferring.has(deferral)
        ? [
            {
              id: deferral.id,
              label: deferral.label,
              path,
              scope: new Scope(
                options,
                type ?? this.#root,
                [selections],
                path.length === 0 ? 'root' : 'part',
              ),
            },
          ]
        : [],
    );
    const scope = new Scope(options, this.#root, [this.selections], 'root');
    const whole = { ...options, isDeferred: () => false };
    return {
      primary: isStream ? node.primary : undefined,
      program,
      scope,
      paths: deferred.length > 0 ? new Scope(whole, this.#root, [this.selections], 'root') : scope,
      deferred,
      representationsOf: ({ alone }) => writers.get(alone),
    };
  }
}

function isDeferring({ variable }: Deferral, { inParts, variables }: Decisions): boolean {
  return inParts && (variable === undefined || variables[variable] !== false);
}

function conditionsOf(selections: readonly Selection[]): readonly string[] {
  return selections.flatMap((each) => [
    ...each.conditions.map(({ variable }) => variable),
    ...conditionsOf(each.selections ?? []),
  ]);
}

function deferralsOf(selections: readonly Selection[]): readonly Deferral[] {
  return selections.flatMap((each) => [
    ...(each.kind === 'fragment' && each.deferral ? [each.deferral] : []),
    ...deferralsOf(each.selections ?? []),
  ]);
}
