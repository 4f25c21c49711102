/** The operations that GraphiQL, SDKs and the end-to-end tests share: `schema/operations/*.graphql`. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '@gridworks/kit/config';

export interface Example {
  readonly name: string;
  readonly query: string;
  readonly variables?: string;
}

/** Sorted by file name; `Name.variables.json` beside `Name.graphql` holds variables to start with. */
export function readExamples(): Example[] {
  const folder = join(repoRoot, 'schema', 'operations');
  const files = readdirSync(folder).sort();
  return files
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => {
      const name = file.slice(0, -'.graphql'.length);
      const variables = `${name}.variables.json`;
      return {
        name,
        query: readFileSync(join(folder, file), 'utf8'),
        ...(files.includes(variables) ? { variables: readFileSync(join(folder, variables), 'utf8') } : {}),
      };
    });
}
