/** Faults are part of the game here; nobody wants to read of them. */
import { createLog, type Log } from '@gridworks/kit/telemetry';

export const log: Log = createLog('differential', 'silent');
