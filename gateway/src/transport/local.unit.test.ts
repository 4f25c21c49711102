import { ANONYMOUS } from '@gridworks/kit/caller';
import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createGraph } from '../testing/subgraphs.ts';
import { localTransport } from './local.ts';
import { SubscriptionRefused, type FetchRequest, type Transport } from './transport.ts';

function open(): { trading: Transport; graph: ReturnType<typeof createGraph> } {
  const graph = createGraph();
  return { trading: localTransport(graph.subgraphs.trading), graph };
}

function request(query: string): FetchRequest {
  return { query, variables: {}, caller: ANONYMOUS, traceId: 'a-trace' };
}

describe('a subgraph in this process', () => {
  it("hands over values that are the asker's own", async () => {
    const { trading } = open();
    const query = '{ instruments(symbols: ["INFY"]) { name } }';
    const [first, second] = await Promise.all(
      [request(query), request(query)].map((each) => trading.execute(each)),
    );
    (first?.data?.['instruments'] as Record<string, unknown>[])[0]!['name'] = 'changed';
    expect(second).toEqual({ data: { instruments: [{ name: 'Infosys' }] } });
    expect(await trading.execute(request(query))).toEqual(second);
  });

  it('tells errors as a wire would: nothing of what was thrown', async () => {
    const { trading } = open();
    const { data, errors } = await trading.execute(request('{ forbidden broken }'));
    expect(data).toEqual({ forbidden: null, broken: null });
    expect(errors?.map(({ path, extensions }) => [path, extensions?.['code']])).toEqual([
      [['forbidden'], 'FORBIDDEN'],
      [['broken'], 'INTERNAL_SERVER_ERROR'],
    ]);
    for (const error of errors ?? []) expect(error).not.toBeInstanceOf(GraphQLError);
    expect(JSON.stringify(errors)).not.toContain('secret');
  });

  it('ends a stream for a reader who waits, and tells what is refused', async () => {
    const { trading, graph } = open();
    const stream = await trading.subscribe(request('subscription { ticks(symbols: []) { sequence } }'));
    const waiting = stream.next();
    graph.ticks.emit({ sequence: 1 });
    expect(await waiting).toMatchObject({ value: { data: { ticks: { sequence: 1 } } } });
    const last = stream.next();
    await stream.return?.();
    expect(await last).toEqual({ done: true, value: undefined });
    await graph.ticks.untilDeserted();
    await expect(trading.subscribe(request('subscription { mine { sequence } }'))).rejects.toBeInstanceOf(
      SubscriptionRefused,
    );
  });

  it('has the routes of the subgraph and no others', async () => {
    const partners = localTransport(open().graph.subgraphs.partners);
    expect(await partners.post('/identify', { key: 'unknown' })).toEqual({ caller: null });
    await expect(partners.post('/nothing', {})).rejects.toMatchObject({
      extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
    });
  });
});
