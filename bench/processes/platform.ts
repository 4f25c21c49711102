/** Process: the platform itself, in one of its two forms, as its own command starts it. */
import { readTask } from '../harness/child.ts';

export interface PlatformTask {
  readonly form: 'embedded' | 'distributed';
}

const { form } = readTask<PlatformTask>();
const { main } =
  form === 'embedded'
    ? await import('../../scripts/start.ts')
    : await import('../../scripts/start-distributed.ts');
await main();
