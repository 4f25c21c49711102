import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BrokerSessionFile } from './broker-session.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'broker-session-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

function tokenOf(apiKey: string, accessToken: string | undefined): Promise<string | undefined> {
  return new BrokerSessionFile(dataDir, { apiKey, accessToken }).accessToken();
}

it('keeps the token of the latest login, until another one is configured or another application', async () => {
  expect([await tokenOf('key', 'old'), await tokenOf('key', undefined)]).toEqual(['old', undefined]);
  const file = new BrokerSessionFile(dataDir, { apiKey: 'key', accessToken: 'old' });
  await file.keep('first');
  await file.keep('second');
  expect(await tokenOf('key', 'old')).toBe('second');
  expect([
    await tokenOf('key', 'new'),
    await tokenOf('key', undefined),
    await tokenOf('other', 'old'),
  ]).toEqual(['new', undefined, 'old']);
  await writeFile(join(dataDir, 'broker-session.json'), '{"accessToken":');
  expect(await tokenOf('key', 'old')).toBe('old');
});
