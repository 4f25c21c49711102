/** When two answers are the same to a client. */
import type { Answer } from '../execute/answer.ts';

/** An answer as it is compared: its JSON to the letter, so that the order of fields counts; errors in any order. */
export interface Told {
  readonly data: string | undefined;
  /** Each as [message, path, code], sorted. */
  readonly errors: readonly string[];
}

export function toldOf({ data, errors }: Answer): Told {
  const told = errors.map(({ message, path, extensions }) =>
    JSON.stringify([message, path ?? null, extensions['code'] ?? null]),
  );
  return { data, errors: told.toSorted() };
}

export function isSame(a: Told, b: Told): boolean {
  return a.data === b.data && isSameList(a.errors, b.errors);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

export type Path = readonly (string | number)[];

/** Where an error that was told stands. */
export function pathOf(error: string): Path | null {
  return (JSON.parse(error) as [string, Path | null, string])[1];
}
