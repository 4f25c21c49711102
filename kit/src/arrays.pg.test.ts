/** What arrives at PostgreSQL is what was sent, element by element. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arrayOf, type Element, type ElementType } from './arrays.ts';
import { Database } from './db.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = new Database(database.url);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const dateOf = (date: Date): string => date.toISOString().slice(0, 10);
const instants = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });

it.each<[ElementType, fc.Arbitrary<Element>]>([
  ['bool', fc.boolean()],
  ['int4', fc.integer()],
  ['int8', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  // PostgreSQL has no text with a zero in it, and UTF-8 no lone surrogates.
  ['text', fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))],
  ['date', instants.map(dateOf)],
  ['timestamptz', instants],
  ['uuid', fc.uuid()],
])('%s', async (type, elements) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(elements)), async (values) => {
      // What stands in the array, and the same by way of text.
      const { rows } = await db.system.query<{ array: string; elements: string }>(
        `SELECT $1::${type}[]::text AS array, $2::${type}[]::text AS elements`,
        [arrayOf(type, values), values],
      );
      expect(rows[0]?.array).toBe(rows[0]?.elements);
    }),
    { numRuns: 40 },
  );
});

it('takes a number for an int8, and milliseconds for an instant', async () => {
  const { rows } = await db.system.query(`SELECT $1::int8[] AS numbers, $2::timestamptz[] AS instants`, [
    arrayOf('int8', [-7, 2 ** 53]),
    arrayOf('timestamptz', [0, 1_795_000_000_123]),
  ]);
  expect(rows).toEqual([
    { numbers: ['-7', '9007199254740992'], instants: [new Date(0), new Date(1_795_000_000_123)] },
  ]);
});

it.each<[ElementType, Element]>([
  ['uuid', '01a2041d-c893-702b-bed0-b6bd2974f9d'],
  ['uuid', '01a2041d-c893-702b-bed0-b6bd2974f9d33'],
  ['uuid', '01a2041d-c893-702b-bed0-b6bd2974f9dg'],
  ['uuid', 'é1a2041d-c893-702b-bed0-b6bd2974f9d3'],
  ['uuid', ''],
  ['int8', 2n ** 63n],
  ['int8', 0.5],
  ['int4', 2 ** 31],
  ['text', 5],
  ['timestamptz', new Date(NaN)],
  ['date', 'yesterday'],
])('refuses for %s what is none: %s', (type, value) => {
  expect(() => arrayOf(type, [value])).toThrow();
});
