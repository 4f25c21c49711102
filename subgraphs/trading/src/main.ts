/** Serves trading alone. */
import { runSubgraph } from '@gridworks/kit/serve';
import { createTrading } from './subgraph.ts';

await runSubgraph('trading', createTrading);
