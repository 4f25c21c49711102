/** After every test through the door, while others go on: money and shares of both forms are conserved. A setup file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WHOLE_BOOKS, standingViolations } from '@gridworks/kit/conservation';
import { Database } from '@gridworks/kit/db';
import { afterAll, afterEach, expect, inject } from 'vitest';

const databases = inject('forms').map(
  ({ dataDir }) => new Database(readFileSync(join(dataDir, 'postgres.url'), 'utf8'), { connections: 1 }),
);

afterEach(async () => {
  for (const { system } of databases) expect(await standingViolations(system, WHOLE_BOOKS)).toEqual([]);
});
afterAll(() => Promise.all(databases.map((database) => database.close())));
