import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { Conflation } from './conflation.ts';
import { Position } from './position.ts';
import { Written } from './written.ts';

const written = (answer: object): Written => new Written(JSON.stringify(answer));
const tick = (symbol: string, conflated: unknown = 0): Written =>
  written({ data: { t: { symbol, conflated } } });

function takeAll(conflation: Conflation, at?: readonly [string, string]): unknown[] {
  const taken: unknown[] = [];
  for (let next = conflation.take(at); next; next = conflation.take(at)) taken.push(JSON.parse(next.text));
  return taken;
}

describe('what waits for a slow client', () => {
  it('is the newest of each subject, in the order in which subjects began to wait', () => {
    const conflation = new Conflation();
    for (const [subject, answer] of [
      ['a', tick('a1')],
      ['b', tick('b1')],
      ['a', tick('a2')],
      ['a', tick('a3')],
    ] as const) {
      conflation.hold(subject, answer);
    }
    expect(takeAll(conflation)).toEqual([
      { data: { t: { symbol: 'a3', conflated: 0 } }, extensions: { conflated: 2 } },
      { data: { t: { symbol: 'b1', conflated: 0 } } },
    ]);
    expect(conflation.take(undefined)).toBeUndefined();
  });

  it('adds what was skipped to the number that the client selected, and to nothing else', () => {
    const counted = (text: Written, at: readonly [string, string]): unknown => {
      const conflation = new Conflation();
      conflation.hold('a', tick('a'));
      conflation.hold('a', text);
      return takeAll(conflation, at)[0];
    };
    const extensions = { conflated: 1 };
    expect(counted(tick('a', 4), ['t', 'conflated'])).toEqual({
      data: { t: { symbol: 'a', conflated: 5 } },
      extensions,
    });
    expect(counted(tick('a', null), ['t', 'conflated'])).toEqual({
      data: { t: { symbol: 'a', conflated: null } },
      extensions,
    });
    expect(counted(tick('a'), ['t', 'symbol'])).toEqual({
      data: { t: { symbol: 'a', conflated: 0 } },
      extensions,
    });
    for (const data of [null, { t: null }]) {
      expect(counted(written({ data, errors: [{ message: 'x' }] }), ['t', 'conflated'])).toEqual({
        data,
        errors: [{ message: 'x' }],
        extensions,
      });
    }
  });

  it('accounts for every event, whatever comes in between', () => {
    const step = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const conflation = new Conflation();
        const latest = new Map<string, number>();
        let held = 0;
        let told = 0;
        const note = (answer: unknown): void => {
          const { data, extensions } = answer as {
            data: { s: string; n: number };
            extensions?: { conflated: number };
          };
          expect(data.n).toBe(latest.get(data.s));
          told += 1 + (extensions?.conflated ?? 0);
        };
        for (const subject of steps) {
          if (subject === undefined) {
            const next = conflation.take(undefined);
            if (next) note(JSON.parse(next.text));
            continue;
          }
          held += 1;
          latest.set(subject, held);
          conflation.hold(subject, written({ data: { s: subject, n: held } }));
        }
        takeAll(conflation).forEach(note);
        expect(told).toBe(held);
      }),
    );
  });
});

describe('canonical JSON', () => {
  it('is one text for equal values, and another for others', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isEqual = JSON.stringify(sortedDeep(a)) === JSON.stringify(sortedDeep(b));
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isEqual);
        expect(canonicalJson(reversed(a))).toBe(canonicalJson(a));
      }),
    );
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"d":1,"c":[{"f":1,"e":2}]}}'))).toBe(
      '{"__proto__":{"c":[{"e":2,"f":1}],"d":1},"b":1}',
    );
  });
});

/** As entries, sorted by key: another way to the same end. */
function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== 'object' || value === null) return [value];
  const entries = Object.entries(value).map(([key, inner]) => [key, sortedDeep(inner)] as const);
  return { entries: entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, reversed(inner)] as const)
      .reverse(),
  );
}

describe('a position', () => {
  const text = 'subscription ($p: BigInt) { u: updates(after: $p) { kind n: sequence } }';

  it('is read from an answer by the name the client gave it', () => {
    const position = new Position(text);
    expect(position.of('{"data":{"u":{"kind":"X","n":7}}}')).toBe(7);
    expect(position.of('{"data":{"u":{"n":"9007199254740993"}}}')).toBe('9007199254740993');
    for (const without of [
      '{"data":{"u":null}}',
      '{"data":null}',
      '{"errors":[]}',
      '{"data":{"u":{"n":null}}}',
    ]) {
      expect(position.of(without)).toBeUndefined();
    }
    const misnamed = new Position('subscription { updates(after: 1) { sequence: kind } }');
    expect(misnamed.of('{"data":{"updates":{"sequence":7}}}')).toBeUndefined();
  });

  it('goes back into the variable of `after`, as a number where it is one', () => {
    const position = new Position(text);
    expect(position.resume({ p: 1, other: 2 }, '12')).toEqual({ p: 12, other: 2 });
    expect(position.resume({}, 12)).toEqual({ p: 12 });
    expect(position.resume({}, '9007199254740993')).toEqual({ p: '9007199254740993' });
    expect(position.isGivenBy({ p: 0 })).toBe(true);
    expect(position.isGivenBy({ p: null })).toBe(false);
    for (const fixed of ['updates', 'updates(after: 3)', 'updates(before: $p)']) {
      const other = new Position(`subscription ($p: BigInt) { ${fixed} { sequence } }`);
      expect(other.resume({ p: 1 }, 2)).toBeUndefined();
      expect(other.isGivenBy({ p: 1 })).toBe(false);
    }
  });
});
