/**
 * Kafka is away when the graph starts, and again in the middle of the day: everybody goes on trading, and once it is
 * back nothing is lost, and nothing counts twice in what is made of events.
 */
import { Database } from '@gridworks/kit/db';
import { startTestKafka } from '@gridworks/kit/testing-kafka';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GraphClient, eventually } from './client.ts';
import { checkBalances } from './crash.ts';
import { Orders, newTrader } from './orders.ts';
import { start } from './process.ts';

const STRETCH = 15;

/** Undefined where the machine has no jars of Kafka (GRIDWORKS_TEST_KAFKA_LIBS): what is said here is not proven then. */
const broker = await startTestKafka();
afterAll(() => broker?.discard());

describe.skipIf(!broker)('a broker that goes away and comes back', { timeout: 180_000 }, () => {
  it.each(['start', 'start-distributed'] as const)('under the command %s', async (command) => {
    if (!broker) throw new Error('there is no broker');
    await broker.kill();
    const graph = await start(command, { env: { KAFKA_BROKERS: broker.brokers.join(',') } });
    try {
      const anybody = new GraphClient(graph.url);
      const open = await anybody.data<object>(`{ instrument(symbol: "INFY") { symbol } plans { name } }`);
      expect(open).toMatchObject({ instrument: { symbol: 'INFY' } });
      expect(graph.output()).toContain('Kafka cannot be reached');

      await broker.start();
      const trader = await newTrader(graph.url);
      const orders = new Orders(trader);
      let bought = 0;
      const trade = async (): Promise<void> => {
        for (let count = 0; count < STRETCH; count++) {
          await orders.place(false);
          bought += 1;
          await orders.cancel(await orders.place(true));
        }
      };
      await trade();
      await Promise.all([trade(), broker.kill()]);
      await trade();
      await Promise.all([trade(), broker.start()]);

      const { me } = await eventually(
        () => trader.data<{ me: { positions: { quantity: number }[] } }>(`{ me { positions { quantity } } }`),
        ({ me: { positions } }) => (positions[0]?.quantity ?? 0) >= bought,
        60_000,
      );
      expect(me.positions).toEqual([{ quantity: bought }]);
      const db = new Database(readFileSync(join(graph.dataDir, 'postgres.url'), 'utf8'), { connections: 2 });
      await checkBalances(db).finally(() => db.close());
    } finally {
      await graph.discard();
    }
  });
});
