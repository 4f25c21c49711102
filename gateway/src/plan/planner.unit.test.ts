import { ANONYMOUS } from '@gridworks/kit/caller';
import { describe, expect, it, vi } from 'vitest';
import { Engine, type EngineOptions } from '../engine.ts';
import { writeAnswer } from '../execute/answer.ts';
import { passageOf } from '../execute/passage.ts';
import { composeSupergraph } from '../supergraph/compose.ts';
import { log, subgraphOf } from '../testing/subgraphs.ts';
import { localTransport } from '../transport/local.ts';

vi.setConfig({ testTimeout: 60_000 });

type Subgraph = ReturnType<typeof subgraphOf>;
type Ask = (query: string, variables?: Record<string, unknown>) => Promise<unknown>;

function engineOf(subgraphs: readonly Subgraph[], more: Partial<EngineOptions> = {}): Engine {
  const sources = subgraphs.map(({ name, sdl }) => ({ name, sdl, url: `http://${name}.test` }));
  return new Engine({
    supergraph: composeSupergraph(sources).supergraph,
    transports: new Map(subgraphs.map((each) => [each.name, localTransport(each)])),
    log,
    ...more,
  });
}

function asking(engine: Engine): Ask {
  return async (query, variables = {}) => {
    const operation = engine.prepare(query);
    if (!('kind' in operation) || operation.kind === 'subscription') throw new Error('not to be executed');
    const answer = await engine.execute(operation, variables, passageOf(ANONYMOUS, 'trace'));
    return JSON.parse(writeAnswer(answer)) as unknown;
  };
}

describe('a field that is required with arguments', () => {
  /** In rupees; what is worth nothing is a value, too. */
  const PRICES: Readonly<Record<string, number>> = { INFY: 90, ZERO: 0 };
  const price = (symbol: string, currency: string): number =>
    (PRICES[symbol] ?? 0) / (currency === 'EUR' ? 90 : 1);

  const trading = subgraphOf(
    'trading',
    `type Query { instruments: [Instrument!]! baskets: [Basket!]! }
     interface Priced { price(currency: String!): Float }
     type Instrument implements Priced @key(fields: "symbol") { symbol: ID! price(currency: String!): Float venue: Venue }
     type Cash implements Priced { price(currency: String!): Float code: String }
     type Venue { fee(side: String!): Int }
     type Basket @key(fields: "id") { id: ID! parts: [Priced!]! }`,
    {
      Query: {
        instruments: () => Object.keys(PRICES).map((symbol) => ({ symbol })),
        baskets: () => [
          { id: '1', parts: [{ __typename: 'Instrument', symbol: 'INFY' }, { __typename: 'Cash' }] },
        ],
      },
      Instrument: {
        price: ({ symbol }: { symbol: string }, { currency }: { currency: string }) =>
          price(symbol, currency),
        venue: () => ({}),
      },
      Cash: { price: (_: unknown, { currency }: { currency: string }) => (currency === 'EUR' ? 2 : 180) },
      Venue: { fee: (_: unknown, { side }: { side: string }) => (side === 'BUY' ? 3 : 4) },
    },
  );
  interface Given {
    readonly price?: number;
    readonly venue?: { readonly fee: number };
    readonly parts?: readonly { readonly price: number }[];
  }
  const sum = ({ parts = [] }: Given): number => parts.reduce((total, each) => total + each.price, 0);
  const billing = subgraphOf(
    'billing',
    `interface Priced { price(currency: String!): Float }
     type Instrument implements Priced @key(fields: "symbol") {
       symbol: ID!
       price(currency: String!): Float @external
       venue: Venue @external
       inRupees: String @requires(fields: "price(currency: \\"INR\\")")
       inEuros: String @requires(fields: "price(currency: \\"EUR\\")")
       again: String @requires(fields: "price(currency: \\"INR\\") venue { fee(side: \\"BUY\\") }")
       toSell: Int @requires(fields: "venue { fee(side: \\"SELL\\") }")
       isTaxed: Boolean
     }
     type Cash implements Priced { price(currency: String!): Float @external }
     type Venue { fee(side: String!): Int @external }
     type Basket @key(fields: "id") {
       id: ID!
       parts: [Priced!]! @external
       inRupees: Float @requires(fields: "parts { price(currency: \\"INR\\") }")
       inEuros: Float @requires(fields: "parts { ... on Cash { price(currency: \\"EUR\\") } ... on Instrument { price(currency: \\"EUR\\") } }")
     }`,
    {
      Instrument: {
        inRupees: (given: Given) => `${given.price} INR`,
        inEuros: (given: Given) => `${given.price} EUR`,
        again: (given: Given) => `${given.price} INR and ${given.venue?.fee}`,
        toSell: (given: Given) => given.venue?.fee,
        isTaxed: () => true,
      },
      Basket: { inRupees: sum, inEuros: sum },
    },
  );
  const ask = asking(engineOf([trading, billing]));

  it('is not taken for what the client asks of the same field', async () => {
    const text = `query ($currency: String!) {
      instruments { price(currency: $currency) inRupees other: price(currency: "INR") }
    }`;
    expect(await ask(text, { currency: 'EUR' })).toEqual({
      data: {
        instruments: [
          { price: 1, inRupees: '90 INR', other: 90 },
          { price: 0, inRupees: '0 INR', other: 0 },
        ],
      },
    });
  });

  it('is not taken for what another field requires of it', async () => {
    expect(await ask('{ instruments { inEuros isTaxed toSell inRupees again symbol } }')).toEqual({
      data: {
        instruments: [
          {
            inEuros: '1 EUR',
            isTaxed: true,
            toSell: 4,
            inRupees: '90 INR',
            again: '90 INR and 3',
            symbol: 'INFY',
          },
          {
            inEuros: '0 EUR',
            isTaxed: true,
            toSell: 4,
            inRupees: '0 INR',
            again: '0 INR and 3',
            symbol: 'ZERO',
          },
        ],
      },
    });
  });

  it('may lie within lists and under abstract types', async () => {
    expect(await ask('{ baskets { inRupees inEuros } }')).toEqual({
      data: { baskets: [{ inRupees: 270, inEuros: 3 }] },
    });
  });

  it('stays hidden from clients', () => {
    const refused = engineOf([trading, billing]).prepare('{ instruments { price__required0 } }');
    expect(refused).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });
});

describe('a key that a subgraph declares and cannot be asked by', () => {
  const trading = subgraphOf(
    'trading',
    `type Query { instrument: Instrument }
     type Instrument @key(fields: "isin", resolvable: false) @key(fields: "symbol") {
       isin: ID! symbol: ID! grade: String @external rated: String @requires(fields: "grade")
     }`,
    {
      Query: { instrument: () => ({ isin: 'INE009A01021', symbol: 'INFY' }) },
      Instrument: {
        __resolveReference: (told: { symbol?: string }) => (told.symbol === undefined ? null : told),
        rated: ({ grade }: { grade: string }) => `rated ${grade}`,
      },
    },
  );
  const ai = subgraphOf('ai', 'type Instrument @key(fields: "symbol") { symbol: ID! grade: String }', {
    Instrument: { grade: () => 'A' },
  });

  it('is not used to return to it', async () => {
    expect(await asking(engineOf([trading, ai]))('{ instrument { rated } }')).toEqual({
      data: { instrument: { rated: 'rated A' } },
    });
  });
});

describe('what no subgraph can tell', () => {
  const trading = subgraphOf(
    'trading',
    'type Query { node: Node mood: String } interface Node @key(fields: "id") { id: ID! }',
    { Query: { node: () => null, mood: () => 'calm' } },
  );
  const ai = subgraphOf(
    'ai',
    'type Node @key(fields: "id", resolvable: false) @federation__interfaceObject { id: ID! note: String }',
    {},
  );
  const ask = asking(engineOf([trading, ai]));
  const REFUSED = { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };

  it('is refused, and not left out without a word', async () => {
    expect(await ask('{ node { note } }')).toMatchObject(REFUSED);
    expect(await ask('{ mood node { note } }')).toMatchObject(REFUSED);
    expect(await ask('{ mood node { note } }')).not.toHaveProperty('data');
  });

  it('is no matter where it is not asked for', async () => {
    const text = 'query ($noted: Boolean!) { mood node @include(if: $noted) { note } }';
    expect(await ask(text, { noted: false })).toEqual({ data: { mood: 'calm' } });
    expect(await ask(text, { noted: true })).toMatchObject(REFUSED);
    expect(await ask('{ mood __typename }')).toEqual({ data: { mood: 'calm', __typename: 'Query' } });
  });
});

describe('a subgraph that knows an interface as an object', () => {
  const users = subgraphOf(
    'users',
    `type Query { everybody: [Account!]! }
     interface Account @key(fields: "id") { id: ID! }
     type Admin implements Account @key(fields: "id") { id: ID! }
     type Trader implements Account @key(fields: "id") { id: ID! }`,
    {
      Query: {
        everybody: () => [
          { __typename: 'Admin', id: 'a' },
          { __typename: 'Trader', id: 't' },
        ],
      },
      Account: {
        __resolveReference: ({ id }: { id: string }) => ({ __typename: id === 'a' ? 'Admin' : 'Trader', id }),
      },
    },
  );
  const billing = subgraphOf(
    'billing',
    `type Query { payers: [Account!]! }
     type Account @key(fields: "id") @federation__interfaceObject { id: ID! owes: Int! }`,
    {
      Query: { payers: () => [{ id: 'a' }, { id: 't' }] },
      Account: { owes: ({ id }: { id: string }) => (id === 'a' ? 1 : 2) },
    },
  );
  const ask = asking(engineOf([users, billing]));

  it('does not take the types away from its objects', async () => {
    const text = (root: string): string =>
      `{ ${root} { ... on Admin { __typename owes } ... on Trader { owes __typename id } } }`;
    const told = [
      { __typename: 'Admin', owes: 1 },
      { owes: 2, __typename: 'Trader', id: 't' },
    ];
    expect(await ask(text('everybody'))).toEqual({ data: { everybody: told } });
    expect(await ask(text('payers'))).toEqual({ data: { payers: told } });
  });
});

describe('a field that moves from one subgraph to another', () => {
  const SDL = 'type Instrument @key(fields: "symbol")';
  const trading = subgraphOf(
    'trading',
    `type Query { instrument: Instrument } ${SDL} { symbol: ID! risk: String mood: String }`,
    {
      Query: { instrument: () => ({ symbol: 'INFY' }) },
      Instrument: { risk: () => 'old', mood: () => 'old' },
    },
  );
  const ai = subgraphOf(
    'ai',
    `${SDL} {
       symbol: ID!
       risk: String @override(from: "trading", label: "percent(30)")
       mood: String @override(from: "trading", label: "moods")
     }`,
    { Instrument: { risk: () => 'new', mood: () => 'new' } },
  );

  it('is asked where its label says', async () => {
    const inForce = new Set<string>();
    const ask = asking(engineOf([trading, ai], { overrides: (label) => inForce.has(label) }));
    const text = '{ instrument { risk mood } }';
    expect(await ask(text)).toEqual({ data: { instrument: { risk: 'old', mood: 'old' } } });
    inForce.add('percent(30)');
    expect(await ask(text)).toEqual({ data: { instrument: { risk: 'new', mood: 'old' } } });
    inForce.add('moods');
    expect(await ask(text)).toEqual({ data: { instrument: { risk: 'new', mood: 'new' } } });
  });
});
