import fc from 'fast-check';
import {
  buildSchema,
  execute,
  parse,
  validate,
  type GraphQLError,
  type GraphQLFormattedError,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../testing/client.ts';
import { openGateway, type Opened } from '../testing/opened.ts';
import { NAMES, volatilityOf, type Served, type Tick } from '../testing/subgraphs.ts';
import { reopenWaitMs } from './upstream.ts';

vi.setConfig({ testTimeout: 60_000 });

/** The same graph in one piece: what graphql itself answers to an event is what the gateway must answer. */
function oracle(api: string, text: string, variables: Record<string, unknown>, tick: Tick): unknown {
  const instrument = (symbol: string): object => ({
    __typename: 'Instrument',
    symbol,
    name: NAMES[symbol] ?? null,
    risk: () => volatilityOf(symbol),
    forecast: ({ horizon }: { horizon: number }) => {
      const volatility = volatilityOf(symbol);
      return volatility === null ? null : { volatility, horizon };
    },
  });
  const cash = { __typename: 'Cash', symbol: 'INR', amount: 7 };
  const ticks = {
    sequence: tick.sequence,
    price: ({ scale }: { scale: number }) => (tick.price == null ? null : tick.price * scale),
    instrument: tick.symbol == null ? null : instrument(tick.symbol),
    peers: (tick.peers ?? []).map(instrument),
    asset: tick.symbol == null ? cash : instrument(tick.symbol),
    thing: tick.symbol == null ? cash : instrument(tick.symbol),
    broken: () => {
      throw new Error('broken');
    },
    firm: tick.symbol ?? null,
  };
  return comparable(
    execute({
      schema: buildSchema(api),
      document: parse(text),
      rootValue: { ticks, firmTicks: ticks },
      variableValues: variables,
    }) as { data?: unknown; errors?: readonly GraphQLError[] },
  );
}

/**
 * Data whole; of errors the null that each is felt at. Where a null swallows several errors, GraphQL leaves open which of
 * them are told, and a gateway never asks for what was swallowed.
 */
function comparable(result: {
  data?: unknown;
  errors?: readonly (GraphQLError | GraphQLFormattedError)[] | undefined;
}): unknown {
  const data = JSON.parse(JSON.stringify(result.data ?? null)) as unknown;
  const felt = (result.errors ?? []).map(({ path }) => {
    let value = data;
    const depth = (path ?? []).findIndex((key) => {
      if (value === null) return true;
      value = (value as Record<string | number, unknown>)[key];
      return false;
    });
    return JSON.stringify(depth === -1 ? path : path?.slice(0, depth));
  });
  return { data, errors: [...new Set(felt)].sort() };
}

async function answerTo(
  opened: Opened,
  text: string,
  variables: Record<string, unknown>,
  tick: Tick,
): Promise<unknown> {
  const before = opened.graph.ticks.opened;
  const listener = listen(opened.port, text, { variables });
  const started = opened.graph.ticks.untilOpened(before + 1);
  // An operation that is refused never opens the feed; its answer comes at once.
  const refused = listener.next();
  await Promise.race([started, refused]);
  opened.graph.ticks.emit(tick);
  const answer = await refused;
  listener.leave();
  await opened.graph.ticks.untilDeserted();
  return answer;
}

const INFY: Tick = { sequence: 1, price: 10, symbol: 'INFY', peers: ['TCS', 'GHOST', 'STUMBLE'] };
const BARE: Tick = { sequence: 2, price: null, symbol: null };

const SELECTIONS: readonly [what: string, text: string, variables?: Record<string, unknown>][] = [
  ['plain fields', 'subscription { ticks(symbols: []) { sequence price } }'],
  ['a joined field alone', 'subscription { ticks(symbols: []) { instrument { risk } } }'],
  [
    'aliases at every level',
    'subscription { t: ticks(symbols: []) { n: sequence i: instrument { a: forecast { v: volatility } b: forecast(horizon: 9) { horizon } } } }',
  ],
  [
    'the same alias reached twice',
    'subscription { ticks(symbols: []) { instrument { name } instrument { forecast { volatility } forecast { horizon } } } }',
  ],
  [
    'named and inline fragments',
    'subscription S { ...Root } fragment Root on Subscription { ticks(symbols: []) { ...T ... { price } ... on Tick { instrument { ...I } } } } fragment T on Tick { sequence peers { ...I } } fragment I on Instrument { symbol risk forecast { ...F } } fragment F on Forecast { horizon }',
  ],
  [
    'an interface',
    'subscription { ticks(symbols: []) { asset { __typename symbol ... on Instrument { forecast { volatility } } ... on Cash { amount } } } }',
  ],
  [
    'a union',
    'subscription { ticks(symbols: []) { thing { ... on Instrument { name risk } ... on Cash { amount } } } }',
  ],
  [
    '__typename everywhere, aliased too',
    'subscription { ticks(symbols: []) { __typename kind: __typename instrument { __typename forecast { __typename } } } }',
  ],
  [
    'variables with defaults and without',
    'subscription ($scale: Int = 3, $horizon: Int, $none: Int) { ticks(symbols: []) { price(scale: $scale) instrument { forecast(horizon: $horizon) { horizon } other: forecast(horizon: $none) { horizon } } } }',
    { horizon: 8 },
  ],
  [
    'an explicit null for a variable with a default',
    'subscription ($scale: Int = 3) { ticks(symbols: []) { price(scale: $scale) } }',
    { scale: 2 },
  ],
  [
    '@skip and @include, on joined fields and around them',
    'subscription ($yes: Boolean!, $no: Boolean = false) { ticks(symbols: []) { sequence @skip(if: $yes) price @include(if: $yes) instrument @include(if: $yes) { name @include(if: $no) forecast @skip(if: $no) { volatility } risk @skip(if: $yes) } peers @include(if: $no) { risk } } }',
    { yes: true },
  ],
  [
    'a joined branch that is skipped',
    'subscription ($no: Boolean!) { ticks(symbols: []) { sequence instrument @include(if: $no) { risk } } }',
    { no: false },
  ],
  [
    'a list of joined entities, one null and one failing',
    'subscription { ticks(symbols: []) { peers { symbol risk forecast { volatility } } } }',
  ],
  ['a fault in the event', 'subscription { ticks(symbols: []) { sequence broken instrument { risk } } }'],
  [
    'a fault in a non-null field of the event',
    'subscription { ticks(symbols: []) { sequence firm instrument { risk } } }',
  ],
  ['a non-null root', 'subscription { firmTicks { sequence firm } }'],
];

describe.each(['local', 'http'] as const)('what a subscription answers over %s subgraphs', (form) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await openGateway(form);
  });
  afterAll(() => opened.close());

  it.each(SELECTIONS)(
    'is what the graph in one piece would answer: %s',
    async (_what, text, variables = {}) => {
      for (const tick of [INFY, BARE, { ...INFY, symbol: 'STUMBLE' }, { ...INFY, symbol: 'GHOST' }]) {
        const answer = (await answerTo(opened, text, variables, tick)) as {
          data: unknown;
          errors?: GraphQLFormattedError[];
        };
        expect(comparable(answer)).toEqual(oracle(opened.graph.api, text, variables, tick));
        for (const error of answer.errors ?? []) {
          expect(error.message).toBe('Something went wrong on our side.');
          expect(error.extensions).toEqual({
            code: 'INTERNAL_SERVER_ERROR',
            traceId: expect.any(String) as unknown,
          });
        }
      }
    },
  );

  it('is what the graph in one piece would answer, for selections nobody thought of', async () => {
    const schema = buildSchema(opened.graph.api);
    await fc.assert(
      fc.asyncProperty(
        selection('Tick', 3),
        fc.boolean(),
        fc.boolean(),
        tickValue,
        async (fields, a, b, tick) => {
          const text = `subscription ($a: Boolean!, $b: Boolean!) { ticks(symbols: []) ${fields} }`.concat(
            fields.includes('...Named')
              ? ' fragment Named on Instrument { symbol named: forecast(horizon: 4) { volatility } }'
              : '',
          );
          const isUsed = (name: string): boolean => fields.includes(`$${name}`);
          const trimmed = text
            .replace('$a: Boolean!, ', isUsed('a') ? '$a: Boolean!, ' : '')
            .replace('$b: Boolean!', isUsed('b') ? '$b: Boolean!' : '')
            .replace('()', '');
          fc.pre(validate(schema, parse(trimmed)).length === 0);
          const variables = { ...(isUsed('a') ? { a } : {}), ...(isUsed('b') ? { b } : {}) };
          const answer = (await answerTo(opened, trimmed, variables, tick)) as { data: unknown };
          expect(comparable(answer)).toEqual(oracle(opened.graph.api, trimmed, variables, tick));
        },
      ),
      { numRuns: form === 'local' ? 60 : 15 },
    );
  });

  it('keeps the order of events however long each takes to join', async () => {
    const { graph, port } = opened;
    const before = graph.ticks.opened;
    const listener = listen(port, 'subscription { ticks(symbols: []) { sequence instrument { risk } } }');
    await graph.ticks.untilOpened(before + 1);
    const waits = [30, 0, 15, 0, 0, 5];
    graph.hold.ai = () => new Promise((resolve) => setTimeout(resolve, waits.shift() ?? 0));
    for (let sequence = 1; sequence <= 6; sequence++) graph.ticks.emit({ sequence, symbol: 'INFY' });
    const seen: unknown[] = [];
    for (let each = 1; each <= 6; each++) seen.push(await listener.next());
    graph.hold.ai = async () => undefined;
    expect(seen).toEqual(
      [1, 2, 3, 4, 5, 6].map((sequence) => ({ data: { ticks: { sequence, instrument: { risk: 0.4 } } } })),
    );
    listener.leave();
    await graph.ticks.untilDeserted();
  });

  it('tells the refusal of the subgraph and ends', async () => {
    const listener = listen(opened.port, 'subscription { mine { sequence } }');
    expect(await listener.next()).toEqual({
      ended: [{ message: 'Sign in first.', path: ['mine'], extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('ends when the stream ends', async () => {
    const { graph, port } = opened;
    const before = graph.ticks.opened;
    const listener = listen(port, 'subscription { ticks(symbols: []) { sequence } }');
    await graph.ticks.untilOpened(before + 1);
    graph.ticks.emit({ sequence: 1 });
    graph.ticks.end();
    expect(await listener.next()).toEqual({ data: { ticks: { sequence: 1 } } });
    expect(await listener.next()).toBe('complete');
  });

  it('closes the stream at its subgraph when the client leaves, though no event comes', async () => {
    const { graph, port } = opened;
    const before = graph.ticks.opened;
    const listener = listen(port, 'subscription { ticks(symbols: []) { sequence } }');
    await graph.ticks.untilOpened(before + 1);
    listener.leave();
    await graph.ticks.untilDeserted();
    expect(graph.ticks.readers).toBe(0);
  });

  const REFUSED: readonly [what: string, text: string, code: string, variables?: Record<string, unknown>][] =
    [
      ['what is not GraphQL', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
      [
        'fields that do not exist',
        'subscription { ticks(symbols: []) { colour } }',
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'two root fields',
        'subscription { ticks(symbols: []) { sequence } firmTicks { sequence } }',
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'a root field that may be absent',
        'subscription ($x: Boolean!) { ticks(symbols: []) @include(if: $x) { sequence } }',
        'GRAPHQL_VALIDATION_FAILED',
        { x: true },
      ],
      [
        'variables that do not fit',
        'subscription ($s: [String!]!) { ticks(symbols: $s) { sequence } }',
        'BAD_USER_INPUT',
        { s: [null] },
      ],
      [
        'variables that are missing',
        'subscription ($s: [String!]!) { ticks(symbols: $s) { sequence } }',
        'BAD_USER_INPUT',
      ],
      [
        'a document of several operations without a name',
        'subscription A { firmTicks { sequence } } subscription B { firmTicks { sequence } }',
        'OPERATION_RESOLUTION_FAILURE',
      ],
    ];
  it.each(REFUSED)('refuses %s before it begins', async (_what, text, code, variables = {}) => {
    const ended = await listen(opened.port, text, { variables }).next();
    expect(ended).toMatchObject({ ended: [{ extensions: { code } }] });
    expect(Object.keys((ended as { ended: GraphQLFormattedError[] }).ended[0]?.extensions ?? {})).toEqual([
      'code',
    ]);
  });
});

const tickValue: fc.Arbitrary<Tick> = fc.record({
  sequence: fc.integer({ min: 0, max: 9 }),
  price: fc.option(fc.integer({ min: 0, max: 99 })),
  symbol: fc.constantFrom('INFY', 'TCS', 'GHOST', 'STUMBLE', null),
  peers: fc.array(fc.constantFrom('INFY', 'GHOST', 'STUMBLE', 'X'), { maxLength: 3 }),
});

/** Fields of each type as selections; what takes an argument is aliased by it, so that names never clash. */
const FIELDS: Readonly<Record<string, readonly (readonly [text: string, type?: string])[]>> = {
  Tick: [
    ['sequence'],
    ['price'],
    ['price2: price(scale: 2)'],
    ['__typename'],
    ['broken'],
    ['firm'],
    ['instrument', 'Instrument'],
    ['other: instrument', 'Instrument'],
    ['peers', 'Instrument'],
    ['asset', 'Asset'],
    ['thing', 'Thing'],
  ],
  Instrument: [
    ['symbol'],
    ['name'],
    ['alias: name'],
    ['risk'],
    ['kind: __typename'],
    ['forecast', 'Forecast'],
    ['forecast3: forecast(horizon: 3)', 'Forecast'],
    ['...Named'],
  ],
  Asset: [['symbol'], ['__typename'], ['... on Instrument', 'Instrument']],
  Thing: [['__typename'], ['... on Instrument', 'Instrument'], ['... on Cash { amount }']],
  Forecast: [['volatility'], ['horizon'], ['__typename']],
};

function selection(type: string, depth: number): fc.Arbitrary<string> {
  const directive = fc.oneof(
    { weight: 6, arbitrary: fc.constant('') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('@skip(if: $a)', '@include(if: $a)', '@include(if: $b)', '@skip(if: false)'),
    },
  );
  const fields = (FIELDS[type] ?? []).filter(([, inner]) => depth > 0 || !inner);
  const field = fc.constantFrom(...fields).chain(([text, inner]) =>
    fc
      .tuple(directive, inner ? selection(inner, depth - 1) : fc.constant(''))
      // A directive stands before a selection set.
      .map(([given, nested]) => (text.endsWith('}') ? text : `${text} ${given} ${nested}`)),
  );
  const inline = fc.array(field, { minLength: 1, maxLength: 3 }).map((all) => `... { ${all.join(' ')} }`);
  return fc
    .array(fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: inline }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((all) => `{ ${all.join(' ')} }`);
}

describe('back-pressure', () => {
  it.each([
    ['of a stream that promises the latest only some at once', 'ticks(symbols: [])', 'ticks', 8],
    ['of a gapless stream one after the other', 'orderUpdates(after: 0)', 'updates', 1],
  ] as const)('completes events %s, and hands them on in order', async (_, field, feed, most) => {
    const opened = await openGateway('local');
    const { graph, port } = opened;
    const listener = listen(port, `subscription { ${field} { sequence instrument { risk } } }`);
    await graph[feed].untilOpened(1);
    const waiting: (() => void)[] = [];
    graph.hold.ai = () => new Promise((resolve) => waiting.push(resolve));
    const last = 2 * most;
    for (let sequence = 1; sequence <= last; sequence++) graph[feed].emit({ sequence, symbol: 'INFY' });
    for (let heard = 0; heard < last; heard += most) {
      while (waiting.length < most) await new Promise((resolve) => setImmediate(resolve));
      // Time enough for one more join to begin, if it did not wait for these.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(waiting).toHaveLength(most);
      // The last to be asked for is the first to come.
      for (const release of waiting.splice(0).reverse()) release();
      for (let more = 1; more <= most; more++) {
        expect(await listener.next()).toMatchObject({
          data: { [field.split('(')[0] ?? '']: { sequence: heard + more } },
        });
      }
    }
    await opened.close();
  });
});

describe('a stream whose subgraph goes away', () => {
  let opened: Opened;
  let trading: Served;
  let ai: Served;
  beforeAll(async () => {
    opened = await openGateway('http');
    trading = opened.reached.served.get('trading') as Served;
    ai = opened.reached.served.get('ai') as Served;
  });
  afterAll(() => opened.close());

  const unavailable = (name: string): object => ({
    message: `${name} is not available at the moment.`,
    extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
  });

  it('goes on when it promises the latest only, and the client hears nothing of it', async () => {
    const { graph, port } = opened;
    const before = graph.ticks.opened;
    const listener = listen(port, 'subscription { ticks(symbols: []) { sequence instrument { risk } } }');
    await graph.ticks.untilOpened(before + 1);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    expect(await listener.next()).toEqual({ data: { ticks: { sequence: 1, instrument: { risk: 0.4 } } } });
    await trading.kill();
    await graph.ticks.untilDeserted();
    await trading.revive();
    await graph.ticks.untilOpened(before + 2);
    graph.ticks.emit({ sequence: 7, symbol: 'TCS' });
    expect(await listener.next()).toEqual({ data: { ticks: { sequence: 7, instrument: { risk: 0.3 } } } });
    listener.leave();
    await graph.ticks.untilDeserted();
  });

  it('ends with an error when it promises every event, so that the client resumes with `after`', async () => {
    const { graph, port } = opened;
    const before = graph.updates.opened;
    const listener = listen(port, 'subscription { orderUpdates(after: 3) { sequence } }');
    await graph.updates.untilOpened(before + 1);
    graph.updates.emit({ sequence: 4 });
    expect(await listener.next()).toEqual({ data: { orderUpdates: { sequence: 4 } } });
    await trading.kill();
    expect(await listener.next()).toEqual({ ended: [unavailable('trading')] });
    await trading.revive();

    const resumed = listen(port, 'subscription { orderUpdates(after: 4) { sequence } }');
    await graph.updates.untilOpened(before + 2);
    graph.updates.emit({ sequence: 5 });
    expect(await resumed.next()).toEqual({ data: { orderUpdates: { sequence: 5 } } });
    resumed.leave();
    await graph.updates.untilDeserted();
  });

  it('is refused at once when its subgraph is away at the start', async () => {
    await trading.kill();
    expect(await listen(opened.port, 'subscription { ticks(symbols: []) { sequence } }').next()).toEqual({
      ended: [unavailable('trading')],
    });
    expect(await listen(opened.port, 'subscription { orderUpdates { sequence } }').next()).toEqual({
      ended: [unavailable('trading')],
    });
    await trading.revive();
  });

  it('can be left while its subgraph is away', async () => {
    const { graph, port } = opened;
    const before = graph.ticks.opened;
    const listener = listen(port, 'subscription { ticks(symbols: []) { sequence } }');
    await graph.ticks.untilOpened(before + 1);
    await trading.kill();
    listener.leave();
    await trading.revive();
    // Another client's stream opens; the one that was left never does.
    const other = listen(port, 'subscription { ticks(symbols: []) { sequence } }');
    await graph.ticks.untilOpened(before + 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(graph.ticks.opened).toBe(before + 2);
    other.leave();
    await graph.ticks.untilDeserted();
  });

  it('goes on with nulls and one error while a subgraph that only adds to it is away', async () => {
    const { graph, port } = opened;
    const before = graph.ticks.opened;
    const text =
      'subscription { ticks(symbols: []) { sequence instrument { name risk } peers { forecast { horizon } } } }';
    const listener = listen(port, text);
    await graph.ticks.untilOpened(before + 1);
    await ai.kill();
    graph.ticks.emit({ sequence: 1, symbol: 'INFY', peers: ['TCS', 'X'] });
    const without = (await listener.next()) as { data: unknown; errors: GraphQLFormattedError[] };
    expect(without.data).toEqual({
      ticks: {
        sequence: 1,
        instrument: { name: 'Infosys', risk: null },
        peers: [{ forecast: null }, { forecast: null }],
      },
    });
    expect(without.errors).toEqual([{ ...unavailable('ai'), path: expect.any(Array) as unknown }]);
    expect(without.errors[0]?.path?.[0]).toBe('ticks');
    await ai.revive();
    graph.ticks.emit({ sequence: 2, symbol: 'INFY', peers: [] });
    expect(await listener.next()).toEqual({
      data: { ticks: { sequence: 2, instrument: { name: 'Infosys', risk: 0.4 }, peers: [] } },
    });
    listener.leave();
    await graph.ticks.untilDeserted();
  });
});

describe('a stream that breaks in process', () => {
  it('is refused at the start with a fault that stays masked', async () => {
    const opened = await openGateway('local');
    opened.graph.stumbles.left = 1;
    expect(
      await listen(opened.port, 'subscription { ticks(symbols: []) { sequence } }').next(),
    ).toMatchObject({
      ended: [
        { message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      ],
    });
    await opened.close();
  });

  it('is opened again when it promises the latest only, and ends when it promises every event', async () => {
    const opened = await openGateway('local');
    const { graph, port } = opened;
    const latest = listen(port, 'subscription { ticks(symbols: []) { sequence } }');
    const gapless = listen(port, 'subscription { orderUpdates { sequence } }');
    await graph.ticks.untilOpened(1);
    await graph.updates.untilOpened(1);
    graph.stumbles.left = 2;
    graph.ticks.fail(new Error('secret: the listener lost its connection'));
    graph.updates.fail(new Error('secret: the listener lost its connection'));
    expect(await gapless.next()).toMatchObject({ ended: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] });
    await graph.ticks.untilOpened(2);
    graph.ticks.emit({ sequence: 2 });
    expect(await latest.next()).toEqual({ data: { ticks: { sequence: 2 } } });
    await opened.close();
  });
});

describe('the wait before a stream is opened again', () => {
  it('doubles from 100 ms to 2 s, less a jitter of up to half', () => {
    const longest = [0, 1, 2, 3, 4, 5, 6, 1_000].map((failures) => reopenWaitMs(failures, () => 1));
    expect(longest).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    expect(reopenWaitMs(0, () => 0)).toBe(50);
    expect(reopenWaitMs(9, () => 0)).toBe(1_000);
  });
});
