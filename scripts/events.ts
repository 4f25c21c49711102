/** `npm run events -- COMMAND`: what an operator does about the event backbone. */
import { parseArgs } from 'node:util';
import { readConfig, type Config, type SubgraphName } from '@gridworks/kit/config';
import type { Database } from '@gridworks/kit/db';
import { deadLetters, retryDeadLetters } from '@gridworks/kit/events/dead-letter';
import { consumerStates } from '@gridworks/kit/events/log';
import { keptEvents } from '@gridworks/kit/events/retention';
import type { RetentionSettings } from '@gridworks/kit/retention';
import { rebuild, replay } from '@gridworks/kit/events/replay';
import type { Reaction } from '@gridworks/kit/events';
import { openDatabase } from './platform.ts';

const USAGE = `Usage: npm run events -- COMMAND

  status                        how far each consumer has come, and how many dead letters it has
  kept                          how long events are kept, by class, and what of them there is
  dead-letters [CONSUMER]       the events that could not be handled, and why
  retry CONSUMER                tries the dead letters of a consumer again, in the order of the log
  rebuild CONSUMER              drops a read model; it is built again from the beginning of the log
  replay CONSUMER --since TIME  a consumer hears again what happened since TIME (2026-01-30T09:15:00Z)

The running graph carries on meanwhile; where none runs, a consumer goes on at the next start.`;

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, name, ...more] = positionals;
  if (values.help || command === undefined) return console.log(USAGE);
  if (more.length > 0) throw new Error(`"${more[0]}" is one too many.\n\n${USAGE}`);
  const config = readConfig();
  const database = await openDatabase(config);
  try {
    const { db } = database;
    const named = (): Promise<Reaction> => consumerNamed(config, db, name);
    await carryOut(command, db, named, name, values.since, config.retention);
  } finally {
    await database.close();
  }
}

function parse(args: string[]) {
  return parseArgs({
    args,
    options: { since: { type: 'string' }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
}

async function carryOut(
  command: string,
  db: Database,
  named: () => Promise<Reaction>,
  name: string | undefined,
  since: string | undefined,
  settings: RetentionSettings,
): Promise<void> {
  switch (command) {
    case 'status':
      return console.table(await consumerStates(db.system));
    case 'kept':
      return console.table(await keptEvents(db.system, Date.now(), settings));
    case 'dead-letters': {
      const letters = await deadLetters(db.system, name && (await named()).consumer);
      for (const { consumer, eventId, topic, attempts, error, at } of letters) {
        console.log(
          `${at.toISOString()} ${consumer} ${topic} ${eventId} after ${attempts} attempts: ${error}`,
        );
      }
      return console.log(`${letters.length} dead letters.`);
    }
    case 'retry': {
      const { handled, failed } = await retryDeadLetters(db, await named());
      return console.log(`${handled} took effect, ${failed} failed again.`);
    }
    case 'rebuild':
      await rebuild(db, await named());
      return console.log(`${name} starts over from the beginning of the log.`);
    case 'replay': {
      const from = new Date(since ?? '');
      if (Number.isNaN(from.getTime())) throw new Error('Since when? Say --since 2026-01-30T09:15:00Z.');
      await replay(db, await named(), from);
      return console.log(`${name} hears again what happened since ${from.toISOString()}.`);
    }
    default:
      throw new Error(`There is no command "${command}".\n\n${USAGE}`);
  }
}

/** Only the subgraphs know their reactions, and to load them takes seconds. */
async function consumerNamed(config: Config, db: Database, name: string | undefined): Promise<Reaction> {
  const { createPlatform } = await import('@gridworks/kit/subgraph');
  const { CREATE } = await import('./subgraphs.ts');
  const platform = createPlatform(config, db, 'events');
  for (const subgraph of Object.keys(CREATE) as SubgraphName[]) await CREATE[subgraph](platform);
  const { reactions } = platform.bus;
  const known = reactions.find(({ consumer }) => consumer === name);
  if (known) return known;
  const names = reactions.map(({ consumer }) => consumer).join(', ');
  throw new Error(name === undefined ? `Which consumer? ${names}.` : `"${name}" is none of ${names}.`);
}
