/** The shop with subgraphs that work for their answers, as those do that ask databases and compute. */
import { createHash } from 'node:crypto';
import type { ShopSubgraph } from './subgraphs.ts';

/** About twenty microseconds of a core of 2.5 GHz. */
const ROUNDS = 12;

/** The same subgraph; every entity that is looked up and every field that has a resolver costs a while of computing. */
export function withToil({ sdl, resolvers }: ShopSubgraph): ShopSubgraph {
  const slow = Object.entries(resolvers).map(([type, fields]) => [
    type,
    Object.fromEntries(
      Object.entries(fields).map(([name, resolve]) => [
        name,
        async (parent: never, args: never): Promise<unknown> => {
          toil(name);
          return resolve(parent, args);
        },
      ]),
    ),
  ]);
  return { sdl, resolvers: Object.fromEntries(slow) as ShopSubgraph['resolvers'] };
}

function toil(seed: string): void {
  let digest = seed;
  for (let round = 0; round < ROUNDS; round++) digest = createHash('sha256').update(digest).digest('hex');
}
