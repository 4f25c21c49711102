/** Serves partners alone. */
import { runSubgraph } from '@gridworks/kit/serve';
import { createPartners } from './subgraph.ts';

await runSubgraph('partners', createPartners);
