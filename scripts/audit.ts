/** `npm run audit -- verify`: whether the audit trail is what was sealed. */
import { verifyTrail } from '@gridworks/kit/audit/verify';
import { readConfig } from '@gridworks/kit/config';
import { parseArgs } from 'node:util';
import { openDatabase } from './platform.ts';

const USAGE = `Usage: npm run audit -- verify

Reads the audit trail from its first record that is kept, and makes each digest and each hash anew. Names the first record
or seal that is not what was sealed, and ends with 1. The head that it prints is worth keeping elsewhere: somebody with all
rights on the database could write a whole chain anew, and then its head is another one.`;

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  });
  if (values.help || positionals.join() !== 'verify') return console.log(USAGE);
  const database = await openDatabase(readConfig());
  try {
    const { seals, records, head, broken } = await verifyTrail(database.db.system);
    console.log(`${records} records under ${seals} seals are what was sealed. Head: ${head}`);
    if (broken) {
      const near = broken.recordId === null ? '' : `, record ${broken.recordId}`;
      throw new Error(`The trail is broken: ${broken.kind} at seal ${broken.seal}${near}.`);
    }
  } finally {
    await database.close();
  }
}
