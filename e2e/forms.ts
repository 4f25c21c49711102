/** Both forms of the product, started once for all end-to-end tests: everything in one process, and one process each. */
import type { TestProject } from 'vitest/node';
import { start, type Running } from './process.ts';

export interface Form {
  readonly name: 'embedded' | 'distributed';
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    forms: readonly Form[];
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [embedded, distributed] = await Promise.all([start('start'), start('start-distributed')]);
  const describe = (name: Form['name'], { url, port, dataDir }: Running): Form => ({
    name,
    url,
    port,
    dataDir,
  });
  project.provide('forms', [describe('embedded', embedded), describe('distributed', distributed)]);
  return async () => {
    await Promise.all([embedded.discard(), distributed.discard()]);
  };
}
