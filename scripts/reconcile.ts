/** `npm run reconcile`: whether all money and all shares are there, on a graph that runs or on one that rests. */
import { readConfig } from '@gridworks/kit/config';
import { WHOLE_BOOKS, conservedSums, standingViolations } from '@gridworks/kit/conservation';
import { formatDecimal } from '@gridworks/kit/money';
import { parseArgs } from 'node:util';
import { openDatabase } from './platform.ts';

const USAGE = `Usage: npm run reconcile

Prints what there is, line by line: cash, holds, charges, positions at cost, the profit taken, what was put in, and what
one of billing and the positions has yet to hear of. The lines sum to zero. Then it compares each balance with its
counterpart and reads the books from their first entry; where they do not meet it says so, and ends with 1.`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', default: false } } });
  if (values.help) return console.log(USAGE);
  const database = await openDatabase(readConfig());
  try {
    const { db } = database;
    const sums = await conservedSums(db.system);
    const total = sums.reduce((sum, { amount }) => sum + amount, 0n);
    for (const { item, amount } of [...sums, { item: 'sum', amount: total }])
      console.log(`${item.padEnd(18)}${formatDecimal(amount).padStart(20)}`);
    const violations = await standingViolations(db.system, WHOLE_BOOKS);
    for (const { violation, subject, expected, actual } of violations)
      console.log(`${violation}: ${subject}: ${expected} expected, ${actual} found`);
    if (violations.length > 0 || total !== 0n)
      throw new Error(`The books do not meet: ${violations.length} violations.`);
    console.log('Every balance meets its counterpart.');
  } finally {
    await database.close();
  }
}
