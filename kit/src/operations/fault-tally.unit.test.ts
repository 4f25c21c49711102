import { expect, it } from 'vitest';
import { FaultTally } from './fault-tally.ts';

const MINUTE_MS = 60_000;

function taken(tally: FaultTally<string>, cause: string, times: number, nowMs = 0): string[] {
  return Array.from({ length: times }, (_, at) => tally.take(cause, `${cause}${at}`, nowMs)).flatMap(
    (each) => (each ? [`${each.fault} ${each.leftOut}`] : []),
  );
}

it('lets five of a cause through in a minute, whatever else there is', () => {
  const tally = new FaultTally<string>();
  expect(taken(tally, 'a', 7)).toEqual(['a0 0', 'a1 0', 'a2 0', 'a3 0', 'a4 0']);
  expect(taken(tally, 'b', 1)).toEqual(['b0 0']);
});

it('tells with the next one how many it kept back', () => {
  const tally = new FaultTally<string>();
  taken(tally, 'a', 7);
  expect(taken(tally, 'a', 1, MINUTE_MS - 1)).toEqual([]);
  expect(taken(tally, 'a', 2, MINUTE_MS)).toEqual(['a0 3', 'a1 0']);
});

it('tells the last that it kept back once the minute is over, if none follows', () => {
  const tally = new FaultTally<string>();
  taken(tally, 'a', 8);
  taken(tally, 'b', 5);
  expect(tally.ended(MINUTE_MS - 1)).toEqual([]);
  expect(tally.ended(MINUTE_MS)).toEqual([{ fault: 'a7', leftOut: 2 }]);
  expect(tally.ended(2 * MINUTE_MS)).toEqual([]);
});

it('keeps no more than two hundred causes apart', () => {
  const tally = new FaultTally<number>();
  const told = Array.from({ length: 300 }, (_, at) => tally.take(`cause ${at}`, at, 0)).filter(Boolean);
  expect(told).toHaveLength(205);
  expect(tally.ended(MINUTE_MS)).toEqual([{ fault: 299, leftOut: 94 }]);
});
