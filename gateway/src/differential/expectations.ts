/** What the tests of every graph ask: so many operations of the one seed, in parts that a reader can run alone. */
import { describe, expect, it } from 'vitest';
import type { GraphSource } from './graphs/graph-source.ts';
import { Differential } from './run.ts';

/** Any other finds as much; `main.ts` runs others. */
const SEED = 20_260;
const OPERATIONS = 2_500;
const PARTS = 5;

export function expectAgreement(source: GraphSource): void {
  describe(`${source.name}, seed ${SEED}`, () => {
    const differential = new Differential(source);
    const count = OPERATIONS / PARTS;
    for (let part = 0; part < PARTS; part += 1) {
      const from = part * count;
      it(`agrees on operations ${from} to ${from + count - 1}`, { timeout: 300_000 }, async () => {
        const report = await differential.run({ seed: SEED, operations: count, from });
        expect(report.unexplained.join('\n\n')).toBe('');
        // Else nothing was compared that is worth comparing.
        expect(report.withErrors).toBeGreaterThan(count / 20);
        expect(report.withTruth).toBeGreaterThan(count / 5);
      });
    }
  });
}
