/** Wires the users domain into one Subgraph value. */
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { JWKS_PATH, TokenIssuer } from '@gridworks/kit/tokens';
import { createLoaders } from './loaders.ts';
import { UserResolver, resolveTenant, resolveUser, type UsersContext } from './resolvers.ts';
import { Tenant, User, nodeTypes } from './schema.ts';
import { UsersStore } from './store.ts';

const TOKEN_LIFETIME_S = 3_600;

export function createUsers(platform: Platform): Subgraph {
  const store = new UsersStore(platform.db);
  const tokens = new TokenIssuer(platform.db.system, '"users"."signing_key"', 'users', TOKEN_LIFETIME_S);
  return defineSubgraph<UsersContext>(platform, {
    name: 'users',
    resolvers: [UserResolver],
    types: [User, Tenant, ...nodeTypes],
    references: { User: resolveUser, Tenant: resolveTenant },
    context: (base) => ({ ...base, platform, store, tokens, loaders: createLoaders(store) }),
    routes: { [JWKS_PATH]: () => tokens.jwks() },
    stop: () => store.close(),
  });
}
