/** Removes ticks whose time is over from the archive, a day of them at a time. */
import { Housekeeping } from '@gridworks/kit/housekeeping';
import { keptOf, type RetentionSettings } from '@gridworks/kit/retention';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import type { TickKeeper } from './tick-keeper.ts';

export class TickRetention extends Housekeeping {
  constructor(
    private readonly ticks: Pick<TickKeeper, 'upToDate'>,
    private readonly clock: Clock,
    log: Log,
    private readonly settings: RetentionSettings,
  ) {
    super(log, 'ticks');
  }

  /** Removes all that is too old now. */
  async forget(): Promise<void> {
    const archive = await this.ticks.upToDate();
    const beforeMs = keptOf('TICKS', this.clock(), this.settings).getTime();
    while (!this.isStopping && (await archive.forgetDay(beforeMs))) continue;
  }
}
