/** What people do at the door: they look at screens, they trade, and some ask what nobody has asked before. */
import { HomeDocument, InstrumentPageDocument, StatementDocument } from '@gridworks/schema/operations';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphClient } from '../../e2e/client.ts';
import type { Orders } from '../../e2e/orders.ts';
import type { Random } from '../../e2e/random.ts';
import type { Tally } from './tally.ts';

const SYMBOLS = ['RELIANCE', 'TCS', 'INFY', 'HDFCBANK', 'NIFTY'];

const EVERYBODY = `query Everybody { plans { name } butler { scope(for: MEMBERSHIP) { epoch } }
  me { displayName wallet { held { amount } } } instruments(first: 5) { edges { node { symbol lastPrice } } } }`;

/** Asks one question after the other until `isOver`. */
export async function ask(
  client: GraphClient,
  random: Random,
  tally: Tally,
  isOver: () => boolean,
): Promise<void> {
  const symbol = (): string => SYMBOLS[random(0, SYMBOLS.length - 1)] ?? 'INFY';
  const questions: readonly (() => Promise<unknown>)[] = [
    () => client.data(HomeDocument, {}),
    () => client.data(StatementDocument, {}),
    () => client.data(InstrumentPageDocument, { symbol: symbol() }),
    () => client.data(EVERYBODY),
    () => client.data(`{ instrument(symbol: "${symbol()}") { lastPrice quote { last volume } } }`),
    // A text of its own: what is remembered of it must be forgotten again.
    () =>
      client.data(
        `{ a${random(0, 2 ** 31)}: instrument(symbol: "${symbol()}") { lastPrice forecast { valueAtRisk99 } } }`,
      ),
    // What is refused must leave nothing behind either.
    async () => {
      const code = await client.code(
        `{ instrument(symbol: "${symbol()}") { noSuchField${random(0, 2 ** 31)} } }`,
      );
      if (code !== 'GRAPHQL_VALIDATION_FAILED') throw new Error(`refused with ${String(code)}`);
    },
  ];
  while (!isOver()) {
    const question = random(0, questions.length - 1);
    const beganAtMs = Date.now();
    try {
      await questions[question]?.();
      tally.count('queries');
    } catch (error) {
      tally.failed(`question ${question}`, error, beganAtMs);
    }
    await sleep(random(5, 60));
  }
}

/** Buys and sells, or places and cancels, until `isOver`. */
export async function trade(
  orders: Orders,
  random: Random,
  tally: Tally,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    if (random(0, 2) === 0) {
      await orders.place(false, 'BUY');
      await orders.place(false, 'SELL');
    } else await orders.cancel(await orders.place(true));
    tally.count('mutations', 2);
    await sleep(random(20, 150));
  }
}
