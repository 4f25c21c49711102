/** Killed under load at random points: `npm run crash -- --rounds 50` does the same for longer. */
import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { crash } from './crash.ts';

const ROUNDS = 2;

describe('a crash', { timeout: 180_000 }, () => {
  const seed = randomInt(2 ** 31);

  it(`loses nothing that was acknowledged, invents nothing, and everything adds up (seed ${seed})`, async () => {
    console.log(`crash: ${ROUNDS} rounds with seed ${seed}`);
    const { acknowledged } = await crash({ rounds: ROUNDS, seed });
    expect(acknowledged).toBeGreaterThan(ROUNDS);
  });
});
