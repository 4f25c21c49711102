/** The quick way for variables that need no coercion: nearly all there are. */
import { Kind, type VariableDefinitionNode } from 'graphql';
import type { Variables } from '../execute/run.ts';

/** The values of an operation's variables when each is just what it is declared to be; undefined for the long way. */
export type PlainVariables = (variables: Variables) => Variables | undefined;

const INT_MAX = 2 ** 31 - 1;

/** By scalar, whether a value is one that coercion would leave as it is. */
const IS_PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  Int: (value) => Number.isInteger(value) && Math.abs(value as number) <= INT_MAX,
  Float: (value) => Number.isFinite(value),
  String: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
};

/** Undefined when some variable is of no scalar that GraphQL itself knows: then every request takes the long way. */
export function plainVariables(definitions: readonly VariableDefinitionNode[]): PlainVariables | undefined {
  const checks: { readonly name: string; readonly isPlain: (value: unknown) => boolean }[] = [];
  for (const { variable, type } of definitions) {
    const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
    const isPlain = named.kind === Kind.NAMED_TYPE ? IS_PLAIN[named.name.value] : undefined;
    if (!isPlain) return undefined;
    checks.push({ name: variable.name.value, isPlain });
  }
  return (variables) => {
    const values: Record<string, unknown> = {};
    for (const { name, isPlain } of checks) {
      // Nulls, and what is not given, are for the long way: it knows of defaults.
      if (!isPlain(variables[name])) return undefined;
      values[name] = variables[name];
    }
    return values;
  };
}
