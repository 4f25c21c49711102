/** The Prisma client on one of the database's two doors. */
import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from '@gridworks/kit/db';
import { PrismaClient } from './generated/client.ts';

export type { Prisma } from './generated/client.ts';

/**
 * A client whose every statement runs through the given pool, and so in the tenant scope of the caller.
 * `findUnique` and `findUniqueOrThrow` do not exist on it: Prisma gathers the findUnique calls of one tick into one
 * statement, whoever asked, and would answer one tenant out of another's scope. `findFirst` does not gather.
 */
export function createPrisma(pool: Pool): Client {
  return new PrismaClient({ adapter: new PrismaPg(pool) });
}

type Delegate = { findUnique: unknown; findUniqueOrThrow: unknown };

/** PrismaClient without the calls that gather across scopes. */
export type Client = {
  readonly [Name in keyof PrismaClient]: PrismaClient[Name] extends Delegate
    ? Omit<PrismaClient[Name], keyof Delegate>
    : PrismaClient[Name];
};
