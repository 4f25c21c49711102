/**
 * The people of the demonstration data, with fixed ids so that a reader can follow one of them through every table.
 * Two tenants: `gridworks` with a trader of every tier, an operator and a partner; `lotus`, whose only trader must
 * never see any of them. All share one password, which is why this story is told on embedded data only.
 */
import type { Role, Tier } from '@gridworks/kit/caller';

export const DEMO_PASSWORD = 'gridworks-demo';

export const TENANTS = {
  gridworks: { id: '01900000-0000-7000-8000-000000000001', slug: 'gridworks', name: 'GridWorks' },
  lotus: { id: '01900000-0000-7000-8000-000000000002', slug: 'lotus', name: 'Lotus Broking' },
} as const;

export interface StoryUser {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly displayName: string;
  readonly tier: Tier;
  readonly roles: readonly Role[];
}

function user(
  number: number,
  name: string,
  displayName: string,
  tier: Tier,
  roles: readonly Role[] = ['TRADER'],
  tenant: keyof typeof TENANTS = 'gridworks',
): StoryUser {
  return {
    id: `01900000-0000-7000-8000-0000000001${number.toString().padStart(2, '0')}`,
    tenantId: TENANTS[tenant].id,
    email: `${name}@${tenant}.example`,
    displayName,
    tier,
    roles,
  };
}

export const USERS = {
  asha: user(1, 'asha', 'Asha Rao', 'LITE'),
  bharat: user(2, 'bharat', 'Bharat Iyer', 'PRO'),
  chitra: user(3, 'chitra', 'Chitra Sen', 'ELITE'),
  dev: user(4, 'dev', 'Dev Malhotra', 'ONYX'),
  esha: user(5, 'esha', 'Esha Kapoor', 'OBSIDIAN'),
  farhan: user(6, 'farhan', 'Farhan Ali', 'VOID'),
  ops: user(7, 'ops', 'Operations', 'PRO', ['TRADER', 'OPERATOR']),
  priya: user(8, 'priya', 'Priya Nair', 'PRO', ['TRADER', 'PARTNER']),
  gopal: user(9, 'gopal', 'Gopal Das', 'LITE', ['TRADER'], 'lotus'),
} as const satisfies Record<string, StoryUser>;
