/**
 * Where a field requires something of another subgraph, the planner returns to the field's subgraph by the first key
 * that the subgraph declares, even by one it declares that it cannot be asked by. So those come last.
 */
import { Kind, visit, type ConstDirectiveNode, type DocumentNode } from 'graphql';

/** The same supergraph, with the keys that each subgraph can be asked by before all others of a type. */
export function withResolvableKeysFirst(supergraph: DocumentNode): DocumentNode {
  const reorder = <Node extends { readonly directives?: readonly ConstDirectiveNode[] }>(
    node: Node,
  ): Node | undefined => {
    const directives = node.directives ?? [];
    const last = directives.filter(isUnresolvableKey);
    if (last.length === 0) return undefined;
    return {
      ...node,
      directives: [...directives.filter((each) => !isUnresolvableKey(each)), ...last],
    };
  };
  return visit(supergraph, {
    ObjectTypeDefinition: reorder,
    InterfaceTypeDefinition: reorder,
  });
}

function isUnresolvableKey({ name, arguments: args }: ConstDirectiveNode): boolean {
  return (
    name.value === 'join__type' &&
    Boolean(
      args?.some(
        ({ name: { value: argument }, value }) =>
          argument === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
      ),
    )
  );
}
