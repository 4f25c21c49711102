import { ANONYMOUS, type Caller } from '@gridworks/kit/caller';
import type { SubgraphName } from '@gridworks/kit/config';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { Engine, Engines, type EngineOptions, type RequestOperation } from './engine.ts';
import { writeAnswer } from './execute/answer.ts';
import { passageOf } from './execute/passage.ts';
import type { Variables } from './execute/run.ts';
import { composeSupergraph } from './supergraph/compose.ts';
import { ASHA, CODENAME } from './testing/credentials.ts';
import { log, subgraphOf } from './testing/subgraphs.ts';
import { localTransport } from './transport/local.ts';
import type { FetchRequest, Transport } from './transport/transport.ts';

vi.setConfig({ testTimeout: 60_000 });

type Resolvers = Parameters<typeof subgraphOf>[2];

interface Part {
  readonly sdl: string;
  readonly resolvers: Resolvers;
}

/** A graph whose calls are recorded, and can be held up by subgraph. */
class TestGraph {
  readonly asked: { readonly subgraph: string; readonly request: FetchRequest }[] = [];
  readonly supergraph: string;
  readonly #transports: readonly Transport[];
  readonly #gates = new Map<string, Promise<void>>();
  readonly #watchers: (() => void)[] = [];

  constructor(parts: Readonly<Partial<Record<SubgraphName, Part>>>) {
    const subgraphs = Object.entries(parts).map(([name, { sdl, resolvers }]) =>
      subgraphOf(name as SubgraphName, sdl, resolvers),
    );
    const sources = subgraphs.map(({ name, sdl }) => ({ name, url: `http://${name}.test`, sdl }));
    this.supergraph = composeSupergraph(sources).supergraph;
    this.#transports = subgraphs.map(localTransport).map((transport) => ({
      ...transport,
      execute: async (request) => {
        this.asked.push({ subgraph: transport.name, request });
        for (const each of this.#watchers.splice(0)) each();
        await this.#gates.get(transport.name);
        return transport.execute(request);
      },
    }));
  }

  get names(): readonly string[] {
    return this.asked.map(({ subgraph }) => subgraph);
  }

  /** Holds every call to a subgraph until the result is called. */
  hold(subgraph: string): () => void {
    let release = (): void => undefined;
    this.#gates.set(subgraph, new Promise((resolve) => (release = resolve)));
    return () => release();
  }

  /** Resolves when a subgraph has been asked. */
  async untilAsked(subgraph: string): Promise<void> {
    while (!this.names.includes(subgraph)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  options(more: Partial<EngineOptions> = {}): EngineOptions {
    const transports = new Map(this.#transports.map((each) => [each.name, each]));
    return { supergraph: this.supergraph, transports, log, ...more };
  }
}

function prepare(engine: Engine, query: string): RequestOperation {
  const operation = engine.prepare(query);
  if (!('kind' in operation)) throw new Error(operation.map(({ message }) => message).join('; '));
  if (operation.kind === 'subscription') throw new Error('a subscription is not executed');
  return operation;
}

async function ask(
  engine: Engine,
  query: string,
  variables: Variables = {},
  caller: Caller = ANONYMOUS,
): Promise<unknown> {
  const answer = await engine.execute(prepare(engine, query), variables, passageOf(caller, 'trace'));
  return JSON.parse(writeAnswer(answer));
}

async function askInParts(engine: Engine, query: string, variables: Variables = {}): Promise<unknown[]> {
  const answer = await engine.executeInParts(
    prepare(engine, query),
    variables,
    passageOf(ANONYMOUS, 'trace'),
  );
  if (!('first' in answer)) return [JSON.parse(writeAnswer(answer)) as unknown];
  const parts: unknown[] = [JSON.parse(writeAnswer(answer.first))];
  for await (const { incremental, hasNext } of answer.rest) {
    parts.push({ incremental: JSON.parse(incremental) as unknown, hasNext });
  }
  return parts;
}

const BOOKS: Readonly<Record<string, { title: string; author: string }>> = {
  b1: { title: 'Options', author: 'a1' },
  b2: { title: 'Futures', author: 'a1' },
};

/** Shops and books in trading, authors in users, stock in billing. */
function bookGraph(): TestGraph {
  let bumps = 0;
  return new TestGraph({
    trading: {
      sdl: `
        interface Item { id: ID! }
        type Book implements Item @key(fields: "id") { id: ID! title: String author: Author }
        type Card implements Item { id: ID! }
        type Author @key(fields: "id") { id: ID! }
        type Query { book(id: ID!): Book books: [Book!]! items: [Item!]! }
        type Mutation { bump: Int! bumpBook(id: ID!): Book }
      `,
      resolvers: {
        Book: {
          __resolveReference: ({ id }: { id: string }) => ({ id, ...BOOKS[id] }),
          author: ({ author }: { author: string }) => ({ id: author }),
        },
        Query: {
          book: (_: never, { id }: { id: string }) => ({ id, ...BOOKS[id] }),
          books: () => ['b1', 'b2', 'b1'].map((id) => ({ id, ...BOOKS[id] })),
          items: () => [
            { __typename: 'Book', id: 'b1', ...BOOKS['b1'] },
            { __typename: 'Card', id: 'c1' },
          ],
        },
        Mutation: {
          bump: () => (bumps += 1),
          bumpBook: (_: never, { id }: { id: string }) => ({
            id,
            ...BOOKS[id],
            title: `bumped ${(bumps += 1)}`,
          }),
        },
      },
    },
    users: {
      sdl: `
        type Author @key(fields: "id") { id: ID! name: String }
        type Query { me: Author }
      `,
      resolvers: {
        Author: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `name of ${id}` }) },
        Query: { me: () => ({ id: 'a9', name: 'me' }) },
      },
    },
    billing: {
      sdl: `
        type Book @key(fields: "id") { id: ID! stock: Int price(in: String!): Int }
        type Query { total: Int }
      `,
      resolvers: {
        Book: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          stock: ({ id }: { id: string }) => Number(id.slice(1)),
          price: ({ id }: { id: string }, args: { in: string }) => args.in.length + Number(id.slice(1)),
        },
        Query: { total: () => 3 },
      },
    },
  });
}

describe('what is fetched', () => {
  it('begins when what it needs is there, whatever else is still on its way', async () => {
    const graph = bookGraph();
    const release = graph.hold('users');
    const answer = ask(new Engine(graph.options()), '{ me { name } book(id: "b1") { stock } }');
    await graph.untilAsked('billing');
    expect(graph.names.toSorted()).toEqual(['billing', 'trading', 'users']);
    release();
    expect(await answer).toEqual({ data: { me: { name: 'me' }, book: { stock: 1 } } });
  });

  it('asks one subgraph once for what waits for the same', async () => {
    const graph = bookGraph();
    const query = '{ book(id: "b1") { stock } books { stock } items { ... on Book { stock } } }';
    expect(await ask(new Engine(graph.options()), query)).toEqual({
      data: {
        book: { stock: 1 },
        books: [{ stock: 1 }, { stock: 2 }, { stock: 1 }],
        items: [{ stock: 1 }, {}],
      },
    });
    expect(graph.names).toEqual(['trading', 'billing']);
    // One question about the books of three places, each book once.
    expect(graph.asked[1]?.request.variables).toEqual({
      representations: [
        { __typename: 'Book', id: 'b1' },
        { __typename: 'Book', id: 'b2' },
      ],
    });
  });

  it('asks for an entity once, however often it stands there', async () => {
    const graph = bookGraph();
    await ask(new Engine(graph.options()), '{ books { stock author { name } } }');
    const representations = graph.asked.map(({ request }) => request.variables?.['representations']);
    expect(representations.slice(1)).toEqual(
      expect.arrayContaining([
        [
          { __typename: 'Book', id: 'b1' },
          { __typename: 'Book', id: 'b2' },
        ],
        [{ __typename: 'Author', id: 'a1' }],
      ]),
    );
  });

  it('begins a fetch as soon as what it needs is there, also where its subgraph is to be asked again later', async () => {
    let isStockAsked = (): void => undefined;
    const stockAsked = new Promise<void>((resolve) => (isStockAsked = resolve));
    const graph = new TestGraph({
      trading: {
        sdl: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        resolvers: { Query: { item: () => ({ id: 'i1' }) } },
      },
      users: {
        sdl: 'type Item @key(fields: "id") { id: ID! weight: Int! }',
        resolvers: {
          Item: {
            __resolveReference: ({ id }: { id: string }) => ({ id }),
            // Whoever holds the stock back until the weight is known waits for ever.
            weight: async (_: never, _args: never, { caller }: { caller: Caller }) => {
              await stockAsked;
              return caller.kind === 'user' ? 3 : null;
            },
          },
        },
      },
      billing: {
        sdl: `type Item @key(fields: "id") {
          id: ID! stock: Int weight: Int! @external shipping: Int @requires(fields: "weight") }`,
        resolvers: {
          Item: {
            __resolveReference: (item: object) => item,
            stock: () => {
              isStockAsked();
              return 7;
            },
            shipping: ({ weight }: { weight: number }) => weight * 10,
          },
        },
      },
    });
    const engine = new Engine(graph.options());
    const query = '{ item { stock shipping } }';
    expect(await ask(engine, query, {}, ASHA)).toEqual({ data: { item: { stock: 7, shipping: 30 } } });
    expect(graph.names.toSorted()).toEqual(['billing', 'billing', 'trading', 'users']);
    // The weight is an error: what does not need it comes all the same.
    const { data } = (await ask(engine, query)) as { data: unknown };
    expect(data).toEqual({ item: { stock: 7, shipping: null } });
  });

  it('leaves out what the conditions exclude, and asks nobody who has nothing to add', async () => {
    const graph = bookGraph();
    const engine = new Engine(graph.options());
    const query =
      'query ($with: Boolean! = false) { book(id: "b1") { title stock @include(if: $with) ... @skip(if: $with) { id } } }';
    expect(await ask(engine, query)).toEqual({ data: { book: { title: 'Options', id: 'b1' } } });
    expect(graph.names).toEqual(['trading']);
    expect(await ask(engine, query, { with: true })).toEqual({
      data: { book: { title: 'Options', stock: 1 } },
    });
  });

  it('fetches a field once under all its names, and with each set of arguments by itself', async () => {
    const graph = bookGraph();
    const query =
      'query ($in: String!) { book(id: "b1") { a: price(in: "EUR!") price(in: $in) b: price(in: "EUR!") s: stock t: stock } }';
    expect(await ask(new Engine(graph.options()), query, { in: 'INR' })).toEqual({
      data: { book: { a: 5, price: 4, b: 5, s: 1, t: 1 } },
    });
    expect(graph.asked[1]?.request.query.match(/price\(/g)).toHaveLength(2);
    expect(graph.asked[1]?.request.query.match(/stock/g)).toHaveLength(1);
  });

  it('carries out the fields of a mutation one after the other, however alike they are', async () => {
    const graph = bookGraph();
    const query = 'mutation { one: bump two: bump book: bumpBook(id: "b2") { title stock } last: bump }';
    expect(await ask(new Engine(graph.options()), query)).toEqual({
      data: { one: 1, two: 2, book: { title: 'bumped 3', stock: 2 }, last: 4 },
    });
  });

  it('tells the schema, under any names, by variables, beside data', async () => {
    const engine = new Engine(bookGraph().options());
    const query =
      'query ($type: String!) { a: __type(name: $type) { name } b: __type(name: "Card") { fields { name } } total: __typename t: total }';
    expect(await ask(engine, query, { type: 'Book' })).toEqual({
      data: { a: { name: 'Book' }, b: { fields: [{ name: 'id' }] }, total: 'Query', t: 3 },
    });
    expect(await ask(engine, getIntrospectionQuery())).toMatchObject({
      data: { __schema: { queryType: { name: 'Query' } } },
    });
  });

  it('goes by what an object says it is, not by names that objects inherit', async () => {
    const graph = new TestGraph({
      users: { sdl: 'type Query { constructor: String toString: Int }', resolvers: { Query: {} } },
      ai: { sdl: 'type Query { valueOf: Int! }', resolvers: { Query: { valueOf: () => 1 } } },
    });
    expect(await ask(new Engine(graph.options()), '{ constructor toString valueOf }')).toEqual({
      data: { constructor: null, toString: null, valueOf: 1 },
    });
  });
});

describe('an answer in parts', () => {
  const LATE =
    'query ($late: Boolean) { books { title ... @defer(if: $late, label: "stock") { n: stock } } }';

  it('is whole for who does not take parts, and when the operation decides so', async () => {
    const whole = { data: { books: [1, 2, 1].map((n) => ({ title: BOOKS[`b${n}`]?.title, n })) } };
    const engine = new Engine(bookGraph().options());
    expect(await ask(engine, LATE)).toEqual(whole);
    expect(await askInParts(engine, LATE, { late: false })).toEqual([whole]);
  });

  it('comes with what is ready first, then with each part where it belongs', async () => {
    const graph = bookGraph();
    const release = graph.hold('billing');
    const engine = new Engine(graph.options());
    const answer = await engine.executeInParts(prepare(engine, LATE), {}, passageOf(ANONYMOUS, 'trace'));
    if (!('first' in answer)) throw new Error('the answer came whole');
    expect(JSON.parse(answer.first.data ?? '')).toEqual({
      books: [{ title: 'Options' }, { title: 'Futures' }, { title: 'Options' }],
    });
    release();
    const parts = [];
    for await (const part of answer.rest) parts.push(part);
    expect(parts.map(({ hasNext }) => hasNext)).toEqual([false]);
    expect(JSON.parse(parts[0]?.incremental ?? '')).toEqual(
      expect.arrayContaining(
        [1, 2, 1].map((n, index) => ({ label: 'stock', path: ['books', index], data: { n } })),
      ),
    );
  });

  it('nests, narrows by type, and tells faults in the part they belong to', async () => {
    const engine = new Engine(bookGraph().options());
    const [first, ...rest] = await askInParts(
      engine,
      '{ i: items { id ... on Book { ... @defer(label: "a") { title ... @defer(label: "b") { stock } } } } }',
    );
    expect(first).toEqual({ data: { i: [{ id: 'b1' }, { id: 'c1' }] } });
    expect(rest).toEqual([
      { incremental: [{ label: 'a', path: ['i', 0], data: { title: 'Options' } }], hasNext: true },
      { incremental: [{ label: 'b', path: ['i', 0], data: { stock: 1 } }], hasNext: false },
    ]);
  });

  it('may defer the whole root', async () => {
    expect(
      await askInParts(new Engine(bookGraph().options()), '{ ... @defer { total } me { name } }'),
    ).toEqual([
      { data: { me: { name: 'me' } } },
      { incremental: [{ path: [], data: { total: 3 } }], hasNext: false },
    ]);
  });
});

describe('a progressive override', () => {
  const moving = (label: string): TestGraph =>
    new TestGraph({
      trading: {
        sdl: 'type Query { home: String note: String }',
        resolvers: { Query: { home: () => 'old', note: () => 'n' } },
      },
      ai: {
        sdl: `type Query { home: String @override(from: "trading", label: "${label}") }`,
        resolvers: { Query: { home: () => 'new' } },
      },
    });

  it('moves so many of a hundred callers, always the same ones', async () => {
    const engine = new Engine(moving('percent(50)').options());
    const callers = Array.from({ length: 64 }, (_, index): Caller => ({
      ...(ASHA as Extract<Caller, { kind: 'user' }>),
      userId: `018f0000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    }));
    const round = (): Promise<unknown[]> =>
      Promise.all(callers.map((caller) => ask(engine, '{ home }', {}, caller)));
    const first = await round();
    expect(new Set(first.map((each) => JSON.stringify(each))).size).toBe(2);
    expect(await round()).toEqual(first);
  });

  it.each([
    ['percent(0)', 'old'],
    ['percent(100)', 'new'],
    ['beta', 'old'],
  ])('with the label %s gives the %s value by default', async (label, home) => {
    expect(await ask(new Engine(moving(label).options()), '{ home }')).toEqual({ data: { home } });
  });

  it('follows whoever decides about a label of its own', async () => {
    const overrides = (label: string, { kind }: Caller): boolean => label === 'beta' && kind === 'member';
    const engine = new Engine(moving('beta').options({ overrides }));
    expect(await ask(engine, '{ home }', {}, CODENAME)).toEqual({ data: { home: 'new' } });
    expect(await ask(engine, '{ home }', {}, ASHA)).toEqual({ data: { home: 'old' } });
  });
});

describe('what is prepared', () => {
  it('is the same operation for texts that mean the same', () => {
    const engine = new Engine(bookGraph().options());
    const one = prepare(engine, 'query A { total }');
    expect(prepare(engine, '# a comment\nquery A {\n  total\n}')).toBe(one);
    expect(prepare(engine, 'query A { total me { name } }')).not.toBe(one);
  });

  it.each([
    ['a text of too many tokens', `{ ${'total '.repeat(10_001)} }`, 'GRAPHQL_PARSE_FAILED'],
    [
      'fragments that multiply',
      `{ ${Array.from({ length: 15 }, (_, n) => `...F${n}`).join(' ')} } ${Array.from(
        { length: 15 },
        (_, n) =>
          `fragment F${n} on Query { ${n === 14 ? 'total' : `...F${n + 1} a${n}: __typename ...F${n + 1}`} }`,
      ).join(' ')}`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a fragment that contains itself', '{ ...F } fragment F on Query { ...F }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a fragment that is not there', '{ ...F }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('is not %s', (_what, query, code) => {
    const refused = new Engine(bookGraph().options()).prepare(query);
    expect('kind' in refused ? undefined : refused[0]?.extensions['code']).toBe(code);
  });
});

describe('another supergraph', () => {
  it('takes over with what was asked before, or changes nothing when it is none', async () => {
    const graph = bookGraph();
    const engines = new Engines(graph.options());
    await ask(engines.current, '{ total }');
    const before = engines.current;
    expect(() => engines.reload('type Query { total: Int }')).toThrow();
    expect(engines.current).toBe(before);
    let told = 0;
    const stop = engines.onReload(() => (told += 1));
    engines.reload(graph.supergraph);
    expect(engines.current).not.toBe(before);
    expect(engines.current.texts).toEqual(before.texts);
    expect(told).toBe(1);
    stop();
    engines.reload(graph.supergraph);
    expect(told).toBe(1);
    expect(await ask(engines.current, '{ total }')).toEqual({ data: { total: 3 } });
  });

  it('is refused when there is no way to a subgraph of it', () => {
    const graph = bookGraph();
    expect(() => new Engine({ ...graph.options(), transports: new Map() })).toThrow(/has no transport/);
  });
});
