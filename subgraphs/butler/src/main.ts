/** Serves butler alone. */
import { runSubgraph } from '@gridworks/kit/serve';
import { createButler } from './subgraph.ts';

await runSubgraph('butler', createButler);
