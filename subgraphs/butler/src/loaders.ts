/** Batches of this domain; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import { inOrder } from '@gridworks/kit/loader';
import type { MemberRow, MemberStore } from './store/member.ts';

export interface ButlerLoaders {
  readonly member: DataLoader<string, MemberRow | undefined>;
}

export function createLoaders(members: MemberStore): ButlerLoaders {
  return {
    member: new DataLoader(async (ids) => inOrder(ids, await members.membersByIds(ids), ({ id }) => id)),
  };
}
