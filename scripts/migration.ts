/** `npm run migration -- name`: writes the SQL that leads from the migrations there are to the models. */
import { main as migration } from '../prisma/diff.ts';

export async function main(args: readonly string[]): Promise<void> {
  process.exitCode = await migration(args);
}
