/** The event backbone as an operator sees it, beside a graph that runs. */
import { describe, expect, inject, it } from 'vitest';
import { GraphClient, eventually } from './client.ts';
import { Orders, newTrader } from './orders.ts';
import { run } from './process.ts';

interface Positions {
  readonly me: { readonly positions: readonly { readonly id: string; readonly quantity: number }[] };
}

/** Read models are built again from the log; while Kafka carries events, that is refused. */
const overKafka = process.env['KAFKA_BROKERS'] !== undefined;

describe.each(inject('forms'))('the event backbone, $name', ({ name, url, dataDir }) => {
  const events = (...args: string[]): ReturnType<typeof run> =>
    run('events', args, { GRIDWORKS_DATA: dataDir });
  const positionsOf = (trader: GraphClient): Promise<Positions> =>
    trader.data<Positions>(`{ me { positions { id quantity averagePrice realisedPnl { amount } } } }`);

  it('builds a read model again while the graph runs, and it is what it was', async () => {
    const trader = await newTrader(url);
    const orders = new Orders(trader);
    await orders.place(false);
    await orders.place(false);
    const before = await eventually(
      () => positionsOf(trader),
      ({ me }) => me.positions[0]?.quantity === 2,
    );

    const rebuilt = await events('rebuild', 'trading.positions');
    expect(rebuilt).toMatchObject({ code: overKafka ? 1 : 0 });
    expect(rebuilt.output).toMatch(overKafka ? /through Kafka/ : /starts over/);
    const after = await eventually(
      () => positionsOf(trader),
      ({ me }) => me.positions[0]?.quantity === 2,
    );
    expect(after).toEqual(before);
    await trader.close();
  });

  it('tells operators which of its services were started, and how they are', async () => {
    const ops = await new GraphClient(url).signedInAs('ops');
    const query = `{ serviceEvents(first: 100, kinds: [DEPLOYMENT, HEALTH]) { edges { node {
      service health { status } deployment { change version schemaHash } } } } }`;
    interface Told {
      readonly serviceEvents: { readonly edges: readonly { readonly node: { readonly service: string } }[] };
    }
    const servicesOf = ({ serviceEvents: { edges } }: Told): string =>
      [...new Set(edges.map(({ node }) => node.service))].toSorted().join();
    const all = name === 'embedded' ? 'gridworks' : 'ai,billing,butler,gateway,partners,trading,users';
    const told = await eventually(
      () => ops.data<Told>(query),
      (answer) => servicesOf(answer) === all,
    );
    const nodes = told.serviceEvents.edges.map(({ node }) => node);
    const hash = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
    for (const service of all.split(',')) {
      const its = nodes.filter((node) => node.service === service);
      expect(its).toContainEqual(expect.objectContaining({ health: { status: 'UP' } }));
      const deployment = { change: 'STARTED', version: '0.1.0', schemaHash: hash };
      expect(its).toContainEqual(expect.objectContaining({ deployment }));
    }
    expect(await new GraphClient(url).code(query)).toBe('UNAUTHENTICATED');
  });

  // What a command prints does not depend on the form.
  it.runIf(name === 'embedded')('tells how consumers stand and what could not be handled', async () => {
    const status = await events('status');
    expect(status).toMatchObject({ code: 0 });
    for (const consumer of ['ai.candles', 'billing.wallets', 'trading.positions']) {
      expect(status.output).toContain(consumer);
    }
    const kept = await events('kept');
    expect(kept).toMatchObject({ code: 0 });
    for (const each of ['METRICS', 'OPERATIONS', 'DERIVED', 'BOOKS']) expect(kept.output).toContain(each);
    expect(await events('dead-letters', 'billing.wallets')).toMatchObject({
      code: 0,
      output: expect.stringContaining('0 dead letters.') as string,
    });
    // Cash that was counted long ago must not be counted again.
    expect(await events('replay', 'trading.accounts', '--since', '2026-01-01T00:00:00Z')).toMatchObject({
      code: 1,
      output: expect.stringContaining('cannot hear events anew') as string,
    });
    expect(await events('retry', 'nobody')).toMatchObject({
      code: 1,
      output: expect.stringContaining('"nobody" is none of') as string,
    });
  });
});
