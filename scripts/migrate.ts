/** `npm run migrate`: brings the database of the configuration up to date; tells it the story where that is wanted. */
import { readConfig } from '@gridworks/kit/config';
import { openDatabase } from './platform.ts';
import { seed } from './seed.ts';

export async function main(): Promise<void> {
  const config = readConfig();
  const database = await openDatabase(config);
  if (config.story) await seed(database.db, Date.now());
  await database.close();
  console.log('The database is up to date.');
}
