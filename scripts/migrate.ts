/** `npm run migrate`: brings the database of the configuration up to date. */
import { readConfig } from '@gridworks/kit/config';
import { openDatabase } from './platform.ts';

export async function main(): Promise<void> {
  const database = await openDatabase(readConfig());
  await database.close();
  console.log('The database is up to date.');
}
