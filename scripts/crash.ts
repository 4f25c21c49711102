/** `npm run crash [-- --rounds 50 --seed 1]`: kills the product under load again and again, and counts what it finds. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { crash } from '../e2e/crash.ts';

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string' } },
  });
  const rounds = Number(values.rounds);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed))
    throw new Error('--rounds and --seed are whole numbers.');
  console.log(`Killing the product ${rounds} times under load (seed ${seed})`);
  const { acknowledged, unanswered, databaseKills } = await crash({ rounds, seed, say: console.log });
  console.log(
    `${rounds} kills, ${databaseKills} of them with the database: ${acknowledged} acknowledged orders are all there, ` +
      `${unanswered} requests without an answer were carried out once or not at all, and every balance is right.`,
  );
}
