import { DAY_MS } from '@gridworks/kit/time';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkEnrolment,
  checkJoin,
  checkReturn,
  readClaim,
  readJoin,
  weekOf,
  type JoinFacts,
  type ReturnFacts,
  type Signals,
} from './membership.ts';

const signals: Signals = { root: '1', nullifier: '2', scope: '3', message: '4' };
const proof = { protocol: 'groth16' };

describe('checkEnrolment', () => {
  it.each(['ONYX', 'OBSIDIAN', 'VOID'])('lets %s enrol', (tier) => {
    expect(checkEnrolment(tier, '5')).toEqual({ tier, commitment: '5' });
  });

  it.each(['LITE', 'PRO', 'ELITE', ''])('refuses the tier %j, whatever the commitment', (tier) => {
    for (const commitment of ['5', undefined]) {
      expect(checkEnrolment(tier, commitment)).toMatchObject({ code: 'TIER_NOT_ELIGIBLE', path: [] });
    }
  });

  it('refuses what is no commitment', () => {
    expect(checkEnrolment('VOID', undefined)).toMatchObject({
      code: 'COMMITMENT_INVALID',
      path: ['input', 'commitment'],
    });
  });
});

describe('the form of a request', () => {
  it('is taken when all of it is there', () => {
    expect(readJoin('Owl', proof, signals)).toEqual({ proof, signals });
    expect(readClaim(proof, signals)).toEqual({ proof, signals });
  });

  it.each([
    ['CODENAME_INVALID', 'codename', 'no', undefined, undefined],
    ['PROOF_MALFORMED', 'proof', 'Owl', undefined, undefined],
    ['PROOF_MALFORMED', 'publicSignals', 'Owl', proof, undefined],
  ] as const)('refuses with %s about %s', (code, field, codename, given, signalsGiven) => {
    expect(readJoin(codename, given, signalsGiven)).toMatchObject({ code, path: ['input', field] });
  });
});

/** Breaks the rungs one by one from the top: each time the highest broken one must be named. */
function climb<Facts>(
  check: (facts: Facts) => { code: string } | undefined,
  good: Facts,
  rungs: readonly (readonly [string, Partial<Facts>])[],
): void {
  expect(check(good)).toBeUndefined();
  for (const [at, [code, wrong]] of rungs.entries()) {
    expect(check({ ...good, ...wrong })?.code).toBe(code);
    const allFromHere = Object.assign({}, good, ...rungs.slice(at).map(([, each]) => each)) as Facts;
    expect(check(allFromHere)?.code).toBe(code);
  }
}

describe('checkJoin', () => {
  it('names the first broken rung, in fixed order', () => {
    const good: JoinFacts = { scope: '3', message: '4', rootIsKnown: true, nullifierIsUsed: false };
    climb((facts) => checkJoin(signals, facts), good, [
      ['SCOPE_WRONG', { scope: '33' }],
      ['GROUP_UNKNOWN', { rootIsKnown: false }],
      ['MESSAGE_MISMATCH', { message: '44' }],
      ['NULLIFIER_REUSED', { nullifierIsUsed: true }],
    ]);
  });
});

describe('checkReturn', () => {
  it('names the first broken rung, in fixed order', () => {
    const good: ReturnFacts = {
      scope: '3',
      message: '4',
      challengeIsOpen: true,
      memberIsKnown: true,
      rootIsKnown: true,
    };
    climb((facts) => checkReturn(signals, facts), good, [
      ['SCOPE_WRONG', { scope: '33' }],
      ['CHALLENGE_UNKNOWN', { challengeIsOpen: false }],
      ['MESSAGE_MISMATCH', { message: '44' }],
      ['MEMBER_UNKNOWN', { memberIsKnown: false }],
      ['GROUP_UNKNOWN', { rootIsKnown: false }],
    ]);
  });
});

describe('weekOf', () => {
  it.each([
    ['2026-01-15T03:45:00.000Z', '2026-01-12'],
    ['2026-01-12T00:00:00.000Z', '2026-01-12'],
    // Sunday evening in Greenwich is Monday in India.
    ['2026-01-11T18:29:59.999Z', '2026-01-05'],
    ['2026-01-11T18:30:00.000Z', '2026-01-12'],
    ['1970-01-01T00:00:00.000Z', '1969-12-29'],
    ['1969-12-25T12:00:00.000Z', '1969-12-22'],
  ])('%s lies in the week of %s', (instant, monday) => {
    expect(weekOf(Date.parse(instant))).toBe(monday);
  });

  it('is a Monday, and at most a week ago', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 4 * 10 ** 12 }), (instantMs) => {
        const monday = new Date(`${weekOf(instantMs)}T00:00:00.000+05:30`);
        expect(new Date(`${weekOf(instantMs)}T00:00:00.000Z`).getUTCDay()).toBe(1);
        expect(instantMs - monday.getTime()).toBeGreaterThanOrEqual(0);
        expect(instantMs - monday.getTime()).toBeLessThan(7 * DAY_MS);
      }),
    );
  });
});
