/** The state of a saga as JSON, which knows no bigints. */

const NAME = '$bigint';

export function packState(state: unknown): string {
  return JSON.stringify(state, (_, value: unknown) =>
    typeof value === 'bigint' ? { [NAME]: value.toString() } : value,
  );
}

export function unpackState(json: string): unknown {
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === 'object' && value !== null && NAME in value ? BigInt(String(value[NAME])) : value,
  );
}
