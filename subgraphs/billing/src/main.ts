/** Serves billing alone. */
import { runSubgraph } from '@gridworks/kit/serve';
import { createBilling } from './subgraph.ts';

await runSubgraph('billing', createBilling);
