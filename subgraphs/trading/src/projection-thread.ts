/** Thread: writes what follows from the journal. It gives way to those who take orders. */
import { yieldThread } from '@gridworks/kit/priority';
import { parentPort, workerData } from 'node:worker_threads';
import { serveProjector, type ProjectorSettings } from './projector.ts';

if (!parentPort) throw new Error('this is a thread of the exchange and no program');
yieldThread();
serveProjector(parentPort, workerData as ProjectorSettings);
