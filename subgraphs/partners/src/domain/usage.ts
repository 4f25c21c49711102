/** How far back usage is added up. */
import { DAY_MS } from '@gridworks/kit/time';

export const PERIOD_MS = { HOUR: 3_600_000, DAY: DAY_MS, WEEK: 7 * DAY_MS } as const;
export type UsagePeriod = keyof typeof PERIOD_MS;
