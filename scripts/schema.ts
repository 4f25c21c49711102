/**
 * `npm run schema`: writes what is derived and committed: what crosses a boundary (each subgraph's SDL, the supergraph,
 * the API clients see, typed operations) and the Prisma client. `--check` writes nothing and fails when one is stale. Either way every type, field,
 * argument and enum value must carry a description.
 */
import { generate, loadCodegenConfig } from '@graphql-codegen/cli';
import { composeSupergraph } from '@gridworks/gateway/supergraph/compose';
import { readConfig, repoRoot, type SubgraphName } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import { createPlatform } from '@gridworks/kit/subgraph';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLSchema,
} from 'graphql';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { CREATE } from './subgraphs.ts';

export async function main(args: string[]): Promise<void> {
  const check = args.includes('--check');
  const stale: string[] = [];
  const put = (path: string, content: string): void => {
    const file = join(repoRoot, path);
    const kept = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (kept === content) return;
    stale.push(path);
    if (check) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };

  for (const [path, content] of await prismaClient()) put(path, content);

  // Nothing connects: a schema needs no database, only the classes that describe it.
  const config = readConfig();
  const db = new Database('postgres://nobody@127.0.0.1:1/none');
  const parts: { name: string; url: string; sdl: string }[] = [];
  for (const name of Object.keys(CREATE) as SubgraphName[]) {
    const { sdl } = await CREATE[name](createPlatform({ ...config, logLevel: 'silent' }, db, name));
    parts.push({ name, url: config.subgraphUrls[name], sdl });
    put(`schema/subgraphs/${name}.graphql`, `${sdl.trimEnd()}\n`);
  }
  const { supergraph, api } = composeSupergraph(parts);
  put('schema/supergraph.graphql', `${supergraph.trimEnd()}\n`);
  put('schema/api.graphql', `${api.trimEnd()}\n`);

  const missing = undescribed(buildSchema(api));
  if (missing.length > 0) throw new Error(`these have no description:\n  ${missing.join('\n  ')}`);

  const codegen = await loadCodegenConfig({ configFilePath: join(repoRoot, 'codegen.yml') });
  const outputs = (await generate(
    { ...codegen.config, cwd: repoRoot, silent: true, errorsOnly: true },
    false,
  )) as { filename: string; content: string }[];
  for (const { filename, content } of outputs) {
    put(filename.startsWith('/') ? relative(repoRoot, filename) : filename, content);
  }
  await db.close();

  if (check && stale.length > 0) {
    throw new Error(`stale, run \`npm run schema\` and commit the result:\n  ${stale.join('\n  ')}`);
  }
  console.log(stale.length === 0 ? 'schema/ is up to date.' : `Rewritten:\n  ${stale.join('\n  ')}`);
}

/** The files of the Prisma client as its generator makes them of the models now. */
async function prismaClient(): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'gridworks-prisma-'));
  try {
    await cp(join(repoRoot, 'prisma', 'models'), join(folder, 'models'), { recursive: true });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        join(repoRoot, 'node_modules', 'prisma', 'build', 'index.js'),
        'generate',
        '--no-hints',
        '--schema=models',
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the Prisma client could not be generated:\n${stdout}${stderr}`);
    const generated = join(folder, 'generated');
    const entries = await readdir(generated, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(
      files.map((file) => [
        join('prisma', 'generated', relative(generated, file)),
        readFileSync(file, 'utf8'),
      ]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything a client can see that says nothing about itself. */
export function undescribed(schema: GraphQLSchema): string[] {
  const missing: string[] = [];
  const look = (path: string, thing: { readonly description?: string | null | undefined }): void => {
    if (!thing.description?.trim()) missing.push(path);
  };
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    if (!roots.has(type as never)) look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name}:)`, arg);
      }
    }
  }
  return missing;
}
