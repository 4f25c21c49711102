/** After every test on a database, whatever it did or tried: money and shares are conserved. A vitest setup file. */
import { afterEach, expect } from 'vitest';
import { WHOLE_BOOKS, lookForViolations } from './conservation.ts';
import { openSubgraphs } from './testing.ts';

afterEach(async () => {
  for (const { db, platform } of openSubgraphs) {
    // Where nobody reacts to anything, no money moves.
    if (platform.bus.reactions.length === 0) continue;
    await platform.bus.settled();
    expect(await lookForViolations(db.system, WHOLE_BOOKS)).toEqual([]);
  }
});
