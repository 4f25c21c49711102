/** One text for one JSON value, whatever the order of its keys: what is equal shares a stream. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? sorted(inner) : inner,
  );
}

function sorted(object: object): object {
  // Without a prototype, so that a key named __proto__ is a key like any other.
  const ordered = Object.create(null) as Record<string, unknown>;
  const values = object as Record<string, unknown>;
  for (const key of Object.keys(object).sort()) ordered[key] = values[key];
  return ordered;
}
