/** The operations that ship with the graph, as GraphiQL's first tabs. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from './graphiql.ts';

const OPERATION = '.graphql';
const VARIABLES = '.variables.json';

/** Every `<name>.graphql` of a folder in order of names, with `<name>.variables.json` where there is one. */
export async function readExamples(folder: string): Promise<Example[]> {
  const files = new Set(await readdir(folder));
  const names = [...files]
    .filter((file) => file.endsWith(OPERATION))
    .map((file) => file.slice(0, -OPERATION.length));
  return Promise.all(
    names.sort().map(async (name) => {
      const query = await readFile(join(folder, name + OPERATION), 'utf8');
      if (!files.has(name + VARIABLES)) return { name, query };
      const variables = await readFile(join(folder, name + VARIABLES), 'utf8');
      return { name, query, variables };
    }),
  );
}
