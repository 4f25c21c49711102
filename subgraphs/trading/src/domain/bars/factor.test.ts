import { describe, expect, it } from 'vitest';
import { Calendar, INDIAN_HOLIDAYS } from '../calendar.ts';
import { actionsOf } from './factor.ts';

const calendar = new Calendar(INDIAN_HOLIDAYS);
const row = (date: string, priceFactor: string, splitFactor: string) => ({
  line: 0,
  date,
  priceFactor,
  splitFactor,
});

describe('actionsOf', () => {
  it('tells each action apart from the cumulative factors, and dates it on the next trading day', () => {
    // A split of 1 into 4, later a dividend of 2 % and, last, one of 1 %; a row of no change in front.
    const actions = actionsOf(
      [
        row('2050-12-31', '1', '1'),
        row('2020-01-02', '0.9702', '0.25'),
        row('2020-02-20', '0.9702', '0.25'),
        row('2020-06-12', '0.9702', '1'),
        row('2020-10-30', '0.99', '1'),
      ],
      calendar,
    );
    expect(actions).toEqual([
      // The 21st of February was a holiday, and a weekend followed.
      { exDate: '2020-02-24', kind: 'SPLIT_OR_BONUS', priceFactor: '1', splitFactor: '0.25' },
      { exDate: '2020-06-15', kind: 'DIVIDEND', priceFactor: '0.98', splitFactor: '1' },
      { exDate: '2020-11-02', kind: 'DIVIDEND', priceFactor: '0.99', splitFactor: '1' },
    ]);
  });

  it('keeps both factors of one day, to nine places', () => {
    expect(
      actionsOf([row('2020-01-02', '0.7', '0.3333333333'), row('2050-12-31', '0.9', '1')], calendar),
    ).toEqual([
      {
        exDate: '2020-01-03',
        kind: 'SPLIT_OR_BONUS',
        priceFactor: '0.777777778',
        splitFactor: '0.333333333',
      },
    ]);
  });

  it('finds nothing in a file that changes nothing', () => {
    expect(actionsOf([row('2020-01-02', '1', '1'), row('2050-12-31', '1', '1')], calendar)).toEqual([]);
    expect(actionsOf([], calendar)).toEqual([]);
  });
});
