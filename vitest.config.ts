import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Apollo and TypeGraphQL reach graphql by `require`, our code by `import`: without one alias the tests
// would load two copies, and graphql refuses schemas made by the other.
const graphql = createRequire(import.meta.url).resolve('graphql/index.js');

/** The file name is the tier; a tier is a vitest project. */
function tier(name: string, include: string[], more: object = {}): object {
  return {
    resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', 'dist/**'],
      server: { deps: { inline: ['type-graphql'] } },
      ...more,
    },
  };
}

export default defineConfig({
  test: {
    // Vitest would leave one core idle, which on two is half of them; much of the waiting here is for other processes.
    maxWorkers: Math.max(2, availableParallelism()),
    reporters: ['default', './scripts/tier-reporter.ts'],
    projects: [
      tier(
        'domain',
        [
          'subgraphs/*/src/domain/**/*.test.ts',
          'subgraphs/*/src/**/*.unit.test.ts',
          'kit/src/**/*.unit.test.ts',
          'circuits/**/*.test.ts',
          'gateway/src/**/*.unit.test.ts',
        ],
        { isolate: false },
      ),
      tier(
        'subgraph',
        [
          'subgraphs/*/src/subgraph.test.ts',
          'subgraphs/*/src/*.pg.test.ts',
          'kit/src/**/*.pg.test.ts',
          'prisma/**/*.pg.test.ts',
          'gateway/src/**/*.pg.test.ts',
        ],
        {
          // The files of a worker share what it has loaded and compiled, seconds each; what they open, they close.
          isolate: false,
          globalSetup: ['kit/src/testing-server.ts'],
          setupFiles: ['kit/src/testing-conservation.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      ),
      tier('e2e', ['e2e/**/*.test.ts'], {
        isolate: false,
        globalSetup: ['e2e/forms.ts'],
        setupFiles: ['e2e/conservation.ts'],
        testTimeout: 60_000,
        hookTimeout: 120_000,
      }),
    ],
  },
});
