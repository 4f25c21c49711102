import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

const SUBGRAPHS = 'users|trading|billing|partners|ai|butler';

/** Who may import whom: a reader must be able to trust the house plan. Patterns are regular expressions on the specifier. */
function mayNotImport(...rules) {
  return {
    'no-restricted-imports': [
      'error',
      { patterns: rules.map(([regex, message]) => ({ regex, message, allowTypeImports: false })) },
    ],
  };
}
const OTHER_ROOMS = [
  `^@gridworks/(${SUBGRAPHS}|gateway)/`,
  'Subgraphs share events and keys, never code; the gateway knows the graph, never a domain.',
];
const DATABASE = [
  '^pg$|^@duckdb/|^@gridworks/prisma/|^@prisma/|prisma/generated',
  'Queries belong into store.ts (or store/<noun>.ts).',
];
const OUTBOUND = [
  '^(node:)?(http|https|net)$|^(undici|ws)$|^@clickhouse/',
  'Outbound calls belong into remote.ts.',
];

export default defineConfig(
  {
    ignores: [
      'dist/**',
      '.data/**',
      '.bench/**',
      'prisma/generated/**',
      'schema/operations.ts',
      '**/node_modules/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      // An underscore says: this is here for its place, not for its use.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      // Interfaces of async functions are met by functions that need no await.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-function-type': 'off',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in kit/src/config.ts only.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "Decorator > CallExpression[callee.name='Field'][arguments.length=0]",
          message: 'A bare @Field() depends on emitted metadata, which nothing here emits: name the type.',
        },
        {
          selector: "Decorator > CallExpression[callee.name='Field'] > ObjectExpression:first-child",
          message:
            'A @Field without a type depends on emitted metadata, which nothing here emits: name the type.',
        },
        {
          selector: "Decorator > CallExpression[callee.name='Arg'][arguments.length<2]",
          message:
            'An @Arg without a type depends on emitted metadata, which nothing here emits: name the type.',
        },
        {
          selector: 'CallExpression[callee.property.name=/^findUnique(OrThrow)?$/]',
          message: 'Prisma gathers findUnique calls across tenants: use findFirst.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', 'eslint.config.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  // The rooms. Later entries win, so the narrow ones stand below.
  {
    files: ['gateway/**/*.ts', 'kit/**/*.ts', 'circuits/**/*.ts', 'schema/**/*.ts'],
    rules: mayNotImport(OTHER_ROOMS),
  },
  { files: ['subgraphs/*/src/**/*.ts'], rules: mayNotImport(OTHER_ROOMS, DATABASE, OUTBOUND) },
  {
    files: [
      'subgraphs/*/src/remote.ts',
      'subgraphs/*/src/remote/**/*.ts',
      // Stand-ins for third parties: they are called, and call back.
      'subgraphs/*/src/testing/**/*.ts',
    ],
    rules: mayNotImport(OTHER_ROOMS, DATABASE, [
      '/(schema|store|resolvers|events|loaders|subgraph)(/|\\.ts$)',
      'What speaks to a third party knows the domain only.',
    ]),
  },
  {
    files: ['subgraphs/*/src/schema.ts', 'subgraphs/*/src/schema/**/*.ts'],
    rules: mayNotImport(OTHER_ROOMS, DATABASE, OUTBOUND, [
      '/(store|resolvers|events|remote|loaders|subgraph)(/|\\.ts$)',
      'The schema knows the domain only.',
    ]),
  },
  {
    files: ['subgraphs/*/src/store.ts', 'subgraphs/*/src/store/**/*.ts'],
    rules: mayNotImport(OTHER_ROOMS, OUTBOUND, [
      '/(schema|resolvers|events|remote|loaders|subgraph)(/|\\.ts$)',
      'A store knows the domain only.',
    ]),
  },
  {
    files: ['subgraphs/*/src/domain/**/*.ts'],
    rules: mayNotImport(
      [
        '^(?!\\.{1,2}/|@gridworks/kit/(money|time|refusal)$)',
        'The domain is pure: its neighbours and kit/{money,time,refusal} only.',
      ],
      [
        '^\\.\\./\\.\\./(?!domain)|^\\.\\./(schema|store|resolvers|events|remote|loaders|subgraph)',
        'The domain knows nothing above it.',
      ],
    ),
  },
  {
    files: ['subgraphs/*/src/domain/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'Date', message: 'Time is an argument of the domain.' },
        { name: 'setTimeout', message: 'The domain does not wait.' },
        { name: 'fetch', message: 'The domain does no I/O.' },
      ],
    },
  },
  { files: ['**/*.test.ts', 'e2e/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: [
      'kit/src/config.ts',
      '**/main.ts',
      'scripts/**',
      'e2e/**',
      'bench/harness/process.ts',
      '**/*.test.ts',
      'kit/src/testing*.ts',
      'circuits/ceremony.ts',
      'prisma.config.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
);
