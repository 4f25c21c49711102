/** Serves users alone. */
import { runSubgraph } from '@gridworks/kit/serve';
import { createUsers } from './subgraph.ts';

await runSubgraph('users', createUsers);
