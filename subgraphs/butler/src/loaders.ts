/** Batches of this domain; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import type { MemberRow, MemberStore } from './store/member.ts';

export interface ButlerLoaders {
  readonly member: DataLoader<string, MemberRow | undefined>;
}

export function createLoaders(members: MemberStore): ButlerLoaders {
  return {
    member: new DataLoader(async (ids) => {
      const byId = new Map((await members.membersByIds(ids)).map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id));
    }),
  };
}
