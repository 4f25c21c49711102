/** The differential test by hand: another seed, or for longer. `main(['media', '7', '50000'])`, or one operation alone. */
import { GRAPHS } from './graphs/graphs.ts';
import { Differential } from './run.ts';

/** [graph, seed, operations, first operation]; prints the report and tells whether all was well. */
export async function main([
  name = '',
  seed = '1',
  operations = '1000',
  from = '0',
]: readonly string[]): Promise<boolean> {
  const source = GRAPHS.find((each) => each.name === name);
  if (!source) throw new Error(`there is no graph "${name}": ${GRAPHS.map((each) => each.name).join(', ')}`);
  const options = { seed: Number(seed), operations: Number(operations), from: Number(from) };
  const { unexplained, ...report } = await new Differential(source).run(options);
  for (const each of unexplained) console.log(`${each}\n`);
  console.log(JSON.stringify({ ...report, unexplained: unexplained.length }));
  return unexplained.length === 0;
}
