/** Where in an operation what is deferred stands. */
import { getNamedType, isCompositeType, type GraphQLCompositeType } from 'graphql';
import type { Deferral, Field, Selection } from './selection.ts';

/** What is deferred by one fragment. */
export interface DeferredPlace {
  readonly deferral: Deferral;
  /** From the root to the objects it belongs to. */
  readonly path: readonly Field[];
  /** Of those objects, as declared; undefined at the root. */
  readonly type: GraphQLCompositeType | undefined;
  readonly selections: readonly Selection[];
}

/** Every place, the outer before what is deferred within it. */
export function deferredPlaces(
  selections: readonly Selection[],
  path: readonly Field[] = [],
  type?: GraphQLCompositeType,
): readonly DeferredPlace[] {
  return selections.flatMap((each): readonly DeferredPlace[] => {
    if (each.kind === 'field') {
      const named = getNamedType(each.type);
      if (!each.selections || !isCompositeType(named)) return [];
      return deferredPlaces(each.selections, [...path, each], named);
    }
    // A fragment says of which objects, and when, what is deferred in it is told.
    const within = (inner: readonly Selection[]): Selection => ({
      ...each,
      deferral: undefined,
      selections: inner,
    });
    const below = deferredPlaces(each.selections, path, type).map((place) =>
      place.path.length === path.length ? { ...place, selections: [within(place.selections)] } : place,
    );
    if (!each.deferral) return below;
    return [{ deferral: each.deferral, path, type, selections: [within(each.selections)] }, ...below];
  });
}
