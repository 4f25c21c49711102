/** Columns of a batch on their way into `unnest`. */

/**
 * Values of one column as PostgreSQL writes an array, for what needs no quotes: uuids, whole numbers, instants, words of
 * enumerations. Free text, which might say NULL, goes as a plain array.
 */
export function column(values: readonly (string | number | bigint | Date | null)[]): string {
  const words = values.map((value) => {
    if (value === null) return 'NULL';
    return value instanceof Date ? value.toISOString() : value;
  });
  return `{${words.join(',')}}`;
}
