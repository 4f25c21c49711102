/** From an operation that shows a disagreement to a small one that still does. */
import {
  Kind,
  print,
  validate,
  visit,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

const TRIES_MAX = 400;

/** The smallest operation found for which `persists` holds; every one it is asked about is valid. */
export async function shrink(
  schema: GraphQLSchema,
  document: DocumentNode,
  persists: (smaller: DocumentNode) => Promise<boolean>,
): Promise<DocumentNode> {
  let smallest = tidy(inlined(document));
  if (!(await isGood(smallest))) smallest = document;
  let tries = 0;
  for (let isSmaller = true; isSmaller && tries < TRIES_MAX;) {
    isSmaller = false;
    for (let at = 0; tries < TRIES_MAX; tries += 1) {
      const smaller = step(smallest, at);
      if (!smaller) break;
      const tidied = tidy(smaller);
      // Steps are counted through the document: where one succeeds, the next has its number.
      if (await isGood(tidied)) [smallest, isSmaller] = [tidied, true];
      else at += 1;
    }
  }
  return smallest;

  async function isGood(candidate: DocumentNode): Promise<boolean> {
    return validate(schema, candidate).length === 0 && (await persists(candidate));
  }
}

/** The n-th way to make the document smaller; undefined when there are no more. */
function step(document: DocumentNode, wanted: number): DocumentNode | undefined {
  let count = 0;
  let done = false;
  const isIt = (): boolean => {
    if (done) return false;
    done = count === wanted;
    count += 1;
    return done;
  };
  const changed = visit(document, {
    SelectionSet: {
      enter: (set): SelectionSetNode | undefined => {
        for (const [index, each] of set.selections.entries()) {
          if (set.selections.length > 1 && isIt()) return without(set, index);
          if (each.kind !== Kind.INLINE_FRAGMENT) continue;
          // The fragment's selections in its place.
          if (isIt()) return without(set, index, each.selectionSet.selections);
        }
        return undefined;
      },
    },
    Directive: { enter: () => (isIt() ? null : undefined) },
    Argument: { enter: () => (isIt() ? null : undefined) },
    ObjectField: { enter: () => (isIt() ? null : undefined) },
    Field: {
      enter: (field) => {
        if (!field.alias || !isIt()) return undefined;
        const { alias: _, ...plain } = field;
        return plain;
      },
    },
  });
  return done ? changed : undefined;
}

function without(
  set: SelectionSetNode,
  index: number,
  instead: readonly SelectionNode[] = [],
): SelectionSetNode {
  return { ...set, selections: set.selections.toSpliced(index, 1, ...instead) };
}

/** Named fragments written out where they are used. */
export function inlined(document: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const inline = <N extends ASTNode>(node: N): N =>
    visit(node, {
      FragmentSpread: (spread) => {
        const fragment = fragments.get(spread.name.value);
        if (!fragment) return undefined;
        return {
          kind: Kind.INLINE_FRAGMENT,
          typeCondition: fragment.typeCondition,
          directives: spread.directives ?? [],
          selectionSet: inline(fragment.selectionSet),
        };
      },
    });
  const definitions = document.definitions.filter((each) => each.kind !== Kind.FRAGMENT_DEFINITION);
  return { ...document, definitions: definitions.map(inline) };
}

/** Without the variables and fragments that nothing uses any more. */
function tidy(document: DocumentNode): DocumentNode {
  const [operation] = document.definitions;
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
    FragmentSpread: ({ name }) => void used.add(`...${name.value}`),
  });
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return document;
  return {
    ...document,
    definitions: document.definitions.flatMap((each): readonly DefinitionNode[] => {
      if (each.kind === Kind.FRAGMENT_DEFINITION) return used.has(`...${each.name.value}`) ? [each] : [];
      if (each !== operation) return [each];
      const variables = operation.variableDefinitions?.filter(({ variable }) =>
        used.has(variable.name.value),
      );
      return [{ ...operation, variableDefinitions: variables ?? [] }];
    }),
  };
}

/** On one line, as it is printed for a reader. */
export function oneLine(document: DocumentNode): string {
  return print(document).replaceAll(/\s+/g, ' ');
}
