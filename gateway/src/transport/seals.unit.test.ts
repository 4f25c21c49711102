import { ANONYMOUS, CallerSeal, type Caller, type UserCaller } from '@gridworks/kit/caller';
import { newId } from '@gridworks/kit/id';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SECRET } from '../testing/subgraphs.ts';
import { Seals } from './seals.ts';

const ASHA: UserCaller = {
  kind: 'user',
  userId: newId(),
  tenantId: newId(),
  tier: 'PRO',
  roles: ['TRADER'],
};

afterEach(() => {
  vi.useRealTimers();
});

describe('seals', () => {
  it('are there at once when they are known, also for an equal caller', async () => {
    const seals = new Seals(new CallerSeal(SECRET), 'trading');
    const first = seals.of(ASHA);
    expect(first).toBeInstanceOf(Promise);
    const token = await first;
    expect(seals.of(ASHA)).toBe(token);
    expect(seals.of({ ...ASHA })).toBe(token);
    expect(seals.of(ANONYMOUS)).toBeInstanceOf(Promise);
  });

  it('are made once for those who ask while one is made', () => {
    const seals = new Seals(new CallerSeal(SECRET), 'trading');
    expect(seals.of({ ...ASHA })).toBe(seals.of(ASHA));
  });

  it('are made anew long before they end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const seal = new CallerSeal(SECRET);
    const seals = new Seals(seal, 'trading');
    const first = await seals.of(ASHA);
    vi.setSystemTime(Date.now() + 19_999);
    expect(seals.of(ASHA)).toBe(first);
    vi.setSystemTime(Date.now() + 1);
    const second = await seals.of(ASHA);
    expect(second).not.toBe(first);
    expect(seals.of({ ...ASHA })).toBe(second);
    vi.setSystemTime(Date.now() + 39_999);
    expect(await seal.verify(second, 'trading')).toEqual(ASHA);
  });

  it('are tried again when one could not be made', async () => {
    let fails = true;
    class StumblingSeal extends CallerSeal {
      override async sign(caller: Caller, audience: string): Promise<string> {
        if (fails) throw new Error('no entropy');
        return super.sign(caller, audience);
      }
    }
    const seals = new Seals(new StumblingSeal(SECRET), 'trading');
    await expect(seals.of(ASHA)).rejects.toThrow('no entropy');
    fails = false;
    expect(await seals.of(ASHA)).toEqual(expect.any(String));
  });

  it('tell callers apart by everything that is in them', () => {
    const seals = new Seals(new CallerSeal(SECRET), 'trading');
    const callers: Caller[] = [ASHA, { ...ASHA, roles: [] }, { ...ASHA, tier: 'VOID' }, ANONYMOUS];
    expect(new Set(callers.map((each) => seals.keyOf(each))).size).toBe(4);
    expect(seals.keyOf({ ...ASHA })).toBe(seals.keyOf(ASHA));
  });
});
