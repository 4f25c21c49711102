/**
 * An expected "no" is a value. A domain function returns either its result or a Refusal; a bug throws.
 * `path` names the input field the refusal is about, as the client wrote it (`['limitPrice']`).
 */
export class Refusal<Code extends string = string> {
  constructor(
    readonly code: Code,
    readonly message: string,
    readonly path: readonly string[] = [],
  ) {}
}

export function refuse<Code extends string>(
  code: Code,
  message: string,
  path: readonly string[] = [],
): Refusal<Code> {
  return new Refusal(code, message, path);
}

export function isRefusal(value: unknown): value is Refusal {
  return value instanceof Refusal;
}
