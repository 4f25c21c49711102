/** Wires the butler domain into one Subgraph value. */
import { loadVerifier } from '@gridworks/circuits/verify';
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { JWKS_PATH, TokenIssuer } from '@gridworks/kit/tokens';
import { ChallengeSeal } from './challenge.ts';
import { createLoaders } from './loaders.ts';
import {
  ButlerResolver,
  GroupResolver,
  MemberResolver,
  resolveMember,
  type ButlerContext,
} from './resolvers.ts';
import { Member } from './schema.ts';
import { GroupStore } from './store/group.ts';
import { MemberStore } from './store/member.ts';

const TOKEN_LIFETIME_S = 3_600;

export async function createButler(platform: Platform): Promise<Subgraph> {
  const groups = new GroupStore(platform.db);
  const members = new MemberStore(platform.db);
  const verifier = await loadVerifier('TIER_MEMBERSHIP');
  const tokens = new TokenIssuer(platform.db.system, '"butler"."signing_key"', 'butler', TOKEN_LIFETIME_S);
  let seal: ChallengeSeal | undefined;
  return defineSubgraph<ButlerContext>(platform, {
    name: 'butler',
    resolvers: [ButlerResolver, GroupResolver, MemberResolver],
    types: [Member],
    references: { Member: resolveMember },
    context: (base) => ({
      ...base,
      platform,
      groups,
      members,
      verifier,
      tokens,
      loaders: createLoaders(members),
      challenges: async () => (seal ??= new ChallengeSeal(await members.challengeSecret())),
    }),
    routes: { [JWKS_PATH]: () => tokens.jwks() },
  });
}
