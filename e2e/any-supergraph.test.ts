/** `npm run gateway`: a supergraph that is not ours, over subgraphs that know nothing of us. */
import { repoRoot } from '@gridworks/kit/config';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { post } from '../gateway/src/testing/client.ts';
import { composeForeign, serveForeign, type Foreign } from '../gateway/src/testing/foreign.ts';
import { run, start, type Running } from './process.ts';

const FIRST = 'type Query { hello: String }';
const SECOND = 'type Query { hello: String bye: String }';

let folder: string;
let file: string;
let greetings: Foreign;
let gateway: Running | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridworks-any-'));
  file = join(folder, 'supergraph.graphql');
  greetings = await serveForeign({
    name: 'Greetings of others',
    path: '/greetings',
    sdl: SECOND,
    resolvers: { Query: { hello: () => 'world', bye: () => 'moon' } },
  });
  await writeFile(file, composeForeign([{ ...greetings, sdl: FIRST }]));
});
afterAll(async () => {
  await gateway?.discard();
  await greetings.close();
  await rm(folder, { recursive: true });
});

it('serves a supergraph without a database, follows its file, and stops cleanly', async () => {
  gateway = await start('gateway', { args: ['--supergraph', file] });
  expect(gateway.output()).toContain(`is served at ${gateway.url}/graphql`);
  const { port } = gateway;
  const ask = async (query: string): Promise<unknown> => (await post(port, { query })).body.data;
  expect(await ask('{ hello }')).toEqual({ hello: 'world' });
  expect(await ask('{ bye }')).toBeUndefined();
  await writeFile(file, composeForeign([greetings]));
  await expect.poll(() => ask('{ hello bye }'), { timeout: 30_000 }).toEqual({ hello: 'world', bye: 'moon' });
  expect((await gateway.interrupt()).code).toBe(0);
});

it.each([
  [[], 'Which supergraph?'],
  [['--supergraph', join(repoRoot, 'package.json')], 'no composed Federation 2 supergraph'],
  [['--supergraph', 'nowhere.graphql'], 'cannot be read'],
  [['--supergraph', 'any.graphql', '--port', 'eighty'], '"eighty" is not the number of a port'],
  [['--unheard-of'], 'Usage: npm run gateway'],
])('says what is wrong with %j, and ends', async (args, sentence) => {
  const { code, output } = await run('gateway', args, { PORT: '0' });
  expect(output).toContain(sentence);
  expect(code).toBe(1);
});
