/** Process: the clients of the platform's ticks, or of a bare broadcast of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readTask, serveParent } from '../harness/child.ts';
import type { Struck } from '../ticks/beat.ts';
import { Crowd, type CrowdOptions } from '../ticks/crowd.ts';

/** What has not come for so long after the last tick does not come any more. */
const QUIET_MS = 500;

const crowd = new Crowd(readTask<CrowdOptions>());

serveParent({
  open: () => crowd.open(),
  clear: async () => crowd.clear(),
  /** How many have had a tick; throws when a client got anything else. */
  reached: async () => {
    if (crowd.fault !== undefined) throw new Error(`a client got no tick but ${crowd.fault}`);
    return crowd.reached;
  },
  sample: async () => crowd.sample,
  latenciesOf: async (struck: Struck) => {
    for (let before = -1; before !== crowd.deliveries; await sleep(QUIET_MS)) before = crowd.deliveries;
    return crowd.latenciesOf(struck);
  },
});
