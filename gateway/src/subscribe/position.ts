/** Where a reader of a gapless stream stands, and how the operation can be asked to go on from there. */
import { Kind, parse, type FieldNode, type OperationDefinitionNode } from 'graphql';
import type { Variables } from '../execute/run.ts';

/** By the graph's convention: the argument that takes a position, and the field that tells one. */
const AFTER = 'after';
const SEQUENCE = 'sequence';
const SAFE_DIGITS_MAX = 15;

export class Position {
  readonly #variable: string | undefined;
  readonly #rootKey: string | undefined;
  readonly #key: string | undefined;

  /** `text`: a valid subscription. Only what stands plainly at its root is seen, nothing within fragments. */
  constructor(text: string) {
    const { definitions } = parse(text, { noLocation: true });
    const operation = definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
    const root = operation && fieldsOf(operation)[0];
    if (!root) return;
    const after = root.arguments?.find(({ name }) => name.value === AFTER)?.value;
    const sequence = fieldsOf(root).find(({ name }) => name.value === SEQUENCE);
    this.#variable = after?.kind === Kind.VARIABLE ? after.name.value : undefined;
    this.#rootKey = keyOf(root);
    this.#key = sequence && keyOf(sequence);
  }

  /** The sequence of an event, from its answer as JSON; undefined when the client did not select it. */
  of(answer: string): string | number | undefined {
    if (this.#rootKey === undefined || this.#key === undefined) return undefined;
    const { data } = JSON.parse(answer) as { data?: Record<string, Record<string, unknown> | null> | null };
    const sequence = data?.[this.#rootKey]?.[this.#key];
    return typeof sequence === 'string' || typeof sequence === 'number' ? sequence : undefined;
  }

  /** Whether the variables say where to begin. */
  isGivenBy(variables: Variables): boolean {
    return this.#variable !== undefined && variables[this.#variable] != null;
  }

  /** The variables that ask for what follows the position; undefined when the operation has no variable for it. */
  resume(variables: Variables, position: string | number): Variables | undefined {
    if (this.#variable === undefined) return undefined;
    return { ...variables, [this.#variable]: numberWhereSafe(position) };
  }
}

/** Every scalar that counts takes a plain number; only the large ones need their text. */
function numberWhereSafe(position: string | number): string | number {
  const isPlain = typeof position === 'string' && /^\d+$/.test(position);
  return isPlain && position.length <= SAFE_DIGITS_MAX ? Number(position) : position;
}

function fieldsOf({ selectionSet }: OperationDefinitionNode | FieldNode): readonly FieldNode[] {
  return (selectionSet?.selections ?? []).filter((each) => each.kind === Kind.FIELD);
}

function keyOf({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value;
}
