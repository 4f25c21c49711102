/** Serves ai alone. */
import { runSubgraph } from '@gridworks/kit/serve';
import { createAi } from './subgraph.ts';

await runSubgraph('ai', createAi);
