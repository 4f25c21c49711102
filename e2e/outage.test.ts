/** One process of the distributed form dies and comes back; everybody else goes on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MyOrdersDocument, WatchDocument } from '@gridworks/schema/operations';
import { GraphClient, eventually } from './client.ts';
import { start, type Running } from './process.ts';

let graph: Running;
beforeAll(async () => {
  graph = await start('start-distributed');
});
afterAll(() => graph.discard());

const EVERYBODY = `{ me { displayName wallet { available { amount } } positions { quantity } }
  plans { name } viewerPartner { name } butler { scope(for: MEMBERSHIP) { epoch } }
  instrument(symbol: "RELIANCE") { lastPrice } }`;

it(
  'a killed subgraph costs its own fields with one clear error, and nothing else; all recovers without the gateway',
  { timeout: 120_000 },
  async () => {
    const anybody = new GraphClient(graph.url);
    const priya = await anybody.signedInAs('priya');
    const gateway = graph.pidOf('gateway');
    const before = await priya.data<Record<string, object>>(EVERYBODY);
    expect(before['viewerPartner']).toMatchObject({ name: expect.any(String) as string });

    // Live before the outage: a market stream and an order stream.
    const ticks = anybody.stream(WatchDocument, { symbols: ['RELIANCE'] });
    expect((await ticks.next()).done).toBe(false);
    const orders = priya.stream(MyOrdersDocument, {});
    const ordersEnd = (async () => {
      for await (const event of orders) if (event.errors) return event.errors[0]?.extensions['code'];
      return 'ended without a word';
    })().catch((error: unknown) => JSON.stringify(error));

    const killed = graph.pidOf('trading');
    process.kill(killed, 'SIGKILL');
    const during = await eventually(
      () => priya.ask<Record<string, unknown>>(EVERYBODY),
      ({ errors }) => errors !== undefined,
    );
    expect(during.errors?.map(({ extensions }) => extensions.code)).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(during.errors?.[0]?.message).toContain('trading');
    expect(during.data).toMatchObject({
      me: {
        displayName: 'Priya Nair',
        wallet: { available: { amount: expect.any(String) as string } },
        positions: null,
      },
      plans: before['plans'],
      viewerPartner: before['viewerPartner'],
      butler: before['butler'],
      instrument: null,
    });
    expect(await fetch(`${graph.url}/ready`).then(({ status }) => status)).toBe(503);
    expect(await fetch(`${graph.url}/health`).then(({ status }) => status)).toBe(200);
    // A gapless stream says that it broke, so that its client asks again from the last sequence it saw.
    expect(await ordersEnd).toContain('SUBGRAPH_UNAVAILABLE');

    const after = await eventually(
      () => priya.ask<Record<string, unknown>>(EVERYBODY),
      ({ errors }) => errors === undefined,
      30_000,
    );
    expect(Object.keys(after.data ?? {})).toEqual(Object.keys(before));
    // The market stream went on by itself, on the connection the client has had all along.
    let next = await ticks.next();
    for (let more = 0; more < 3 && !next.done; more++) next = await ticks.next();
    expect(next.done).toBe(false);
    expect(graph.pidOf('trading')).not.toBe(killed);
    expect(graph.pidOf('gateway')).toBe(gateway);
    // It could say nothing of its own end, but the gateway missed it.
    const ops = await anybody.signedInAs('ops');
    const told = `{ serviceEvents(first: 50, kinds: [HEALTH]) { edges { node { service health { status failing } } } } }`;
    const missed = { service: 'gateway', health: { status: 'DEGRADED', failing: ['trading'] } };
    await eventually(
      async () => JSON.stringify(await ops.data(told)),
      (text) => text.includes(JSON.stringify(missed)),
    );
    await Promise.all([anybody.close(), priya.close()]);
  },
);
