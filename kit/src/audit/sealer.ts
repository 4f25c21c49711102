/**
 * Seals what was recorded, some thousand records at a time and a few times a second: the trail is behind by that, and no
 * order pays for it. Records whose time is over go with their seals, and a checkpoint stands for them.
 */
import { AUDIT_TOPICS, keptSince } from '../audit.ts';
import type { Database } from '../db.ts';
import { LogFeed, addConsumers } from '../events/log.ts';
import { Loop } from '../events/loop.ts';
import type { Log } from '../telemetry.ts';
import { DAY_MS, type Clock } from '../time.ts';
import { SEALER, forgetSealed, sealNext } from './store.ts';

const PACE_MS = 250;
const RECORDS_MAX = 5_000;
/** Removed by one transaction, which must be over soon. */
const SEALS_PER_REMOVAL = 10;

export class Sealer {
  readonly #feed = new LogFeed(SEALER, AUDIT_TOPICS);
  #loop: Loop | undefined;
  #timer: NodeJS.Timeout | undefined;
  #keptOn = 0;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly recordsMax = RECORDS_MAX,
  ) {}

  async start(): Promise<void> {
    await addConsumers(this.db.system, [SEALER]);
    this.#loop = new Loop(() => this.#step(), this.log, SEALER);
    this.#timer = setInterval(() => this.#loop?.wake(), PACE_MS);
  }

  /** Finishes the seal at hand. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#loop?.stop();
  }

  /** Seals all that is committed now; returns how many records. */
  async seal(): Promise<number> {
    await addConsumers(this.db.system, [SEALER]);
    let sealed = 0;
    for (;;) {
      const records = await this.#next();
      sealed += records;
      if (records < this.recordsMax) return sealed;
    }
  }

  /** Removes what is past its time; returns how many records. */
  async forget(): Promise<number> {
    const before = keptSince(this.clock());
    let forgotten = 0;
    for (;;) {
      const records = await forgetSealed(this.db.system, AUDIT_TOPICS, before, SEALS_PER_REMOVAL);
      if (records === 0n) return forgotten;
      forgotten += Number(records);
    }
  }

  async #step(): Promise<boolean> {
    const day = Math.floor(this.clock() / DAY_MS);
    if (day !== this.#keptOn) {
      await this.forget();
      this.#keptOn = day;
    }
    return (await this.#feed.hasMore(this.db.background)) && (await this.#next()) === this.recordsMax;
  }

  #next(): Promise<number> {
    return this.db.backgroundTransaction((tx) => sealNext(tx, AUDIT_TOPICS, this.clock(), this.recordsMax));
  }
}
