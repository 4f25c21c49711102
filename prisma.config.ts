import { defineConfig } from 'prisma/config';
import { readConfig } from './kit/src/config.ts';

// For the stock commands. `npx prisma generate` needs no server; `npx prisma migrate deploy` wants DATABASE_URL.
const { databaseUrl } = readConfig();

export default defineConfig({
  schema: 'prisma/models',
  migrations: { path: 'prisma/migrations' },
  ...(databaseUrl !== undefined && { datasource: { url: databaseUrl } }),
});
