import { afterEach, describe, expect, it, vi } from 'vitest';
import { ANONYMOUS, CallerSeal, type Caller } from './caller.ts';
import { newId } from './id.ts';

const SECRET = 'a secret of more than thirty-two characters';
const ASHA: Caller = { kind: 'user', userId: newId(), tenantId: newId(), tier: 'PRO', roles: ['TRADER'] };
const INVALID = { extensions: { code: 'CALLER_INVALID' } };

afterEach(() => {
  vi.useRealTimers();
});

describe('the seal of a caller', () => {
  it('tells the subgraph it is meant for who asks, again and again', async () => {
    const seal = new CallerSeal(SECRET);
    const token = await seal.sign(ASHA, 'trading');
    const first = await seal.verify(token, 'trading');
    expect(first).toEqual(ASHA);
    expect(await seal.verify(token, 'trading')).toBe(first);
    expect(await seal.verify(await seal.sign(ANONYMOUS, 'trading'), 'trading')).toEqual(ANONYMOUS);
    expect(await new CallerSeal(SECRET).verify(token, 'trading')).toEqual(ASHA);
  });

  it('gives a caller that nobody can change for the next request', async () => {
    const seal = new CallerSeal(SECRET);
    const caller = await seal.verify(await seal.sign(ASHA, 'trading'), 'trading');
    if (caller.kind !== 'user') throw new Error('another caller');
    expect(() => (caller.tier = 'VOID')).toThrow(TypeError);
    expect(() => caller.roles.push('OPERATOR')).toThrow(TypeError);
  });

  it('holds for no other subgraph, also where it was found good before', async () => {
    const seal = new CallerSeal(SECRET);
    const token = await seal.sign(ASHA, 'trading');
    await seal.verify(token, 'trading');
    await expect(seal.verify(token, 'billing')).rejects.toMatchObject(INVALID);
    expect(await seal.verify(token, 'trading')).toEqual(ASHA);
  });

  it('holds for a minute and no longer, also where it was found good before', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_790_000_000_000 });
    const seal = new CallerSeal(SECRET);
    const token = await seal.sign(ASHA, 'trading');
    await seal.verify(token, 'trading');
    vi.setSystemTime(Date.now() + 59_999);
    expect(await seal.verify(token, 'trading')).toEqual(ASHA);
    vi.setSystemTime(Date.now() + 1);
    await expect(seal.verify(token, 'trading')).rejects.toMatchObject(INVALID);
    await expect(seal.verify(token, 'trading')).rejects.toMatchObject(INVALID);
  });

  it('does not hold with a changed signature, also next to the good one', async () => {
    const seal = new CallerSeal(SECRET);
    const token = await seal.sign(ASHA, 'trading');
    await seal.verify(token, 'trading');
    const at = token.length - 10;
    const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    for (const _time of [1, 2]) await expect(seal.verify(forged, 'trading')).rejects.toMatchObject(INVALID);
  });
});
