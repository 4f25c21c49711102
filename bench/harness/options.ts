/** What may be said on the command line of a benchmark. */
import { parseArgs } from 'node:util';

export interface Options {
  /** A short run, to see that everything works; its figures are noisier. */
  readonly isQuick: boolean;
  /** Only those who are named here take part; undefined for all. */
  readonly only: ReadonlySet<string> | undefined;
  readonly operation: string | undefined;
  readonly rounds: number | undefined;
  readonly durationMs: number | undefined;
}

/** Throws a sentence about what it does not understand. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      operation: { type: 'string' },
      rounds: { type: 'string' },
      duration: { type: 'string' },
    },
  });
  return {
    isQuick: values.quick,
    only: values.only === undefined ? undefined : new Set(values.only.split(',')),
    operation: values.operation,
    rounds: count('rounds', values.rounds),
    durationMs: count('duration', values.duration),
  };
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number, not "${text}"`);
  return value;
}
