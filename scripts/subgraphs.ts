/** The six rooms of the house, by name. Only scripts and `e2e` know them all. */
import { createAi } from '@gridworks/ai/subgraph';
import { createBilling } from '@gridworks/billing/subgraph';
import { createButler } from '@gridworks/butler/subgraph';
import type { SubgraphName } from '@gridworks/kit/config';
import type { Platform, Subgraph } from '@gridworks/kit/subgraph';
import { createPartners } from '@gridworks/partners/subgraph';
import { createTrading } from '@gridworks/trading/subgraph';
import { createUsers } from '@gridworks/users/subgraph';

export const CREATE: Readonly<Record<SubgraphName, (platform: Platform) => Subgraph | Promise<Subgraph>>> = {
  users: createUsers,
  trading: createTrading,
  billing: createBilling,
  partners: createPartners,
  ai: createAi,
  butler: createButler,
};
