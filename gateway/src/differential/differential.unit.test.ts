import { OperationTypeNode, parse, print, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { EXCUSES, RESTATEMENTS } from './disagreements.ts';
import { GRAPHS } from './graphs/graphs.ts';
import { grid } from './graphs/grid.ts';
import { media } from './graphs/media.ts';
import { office } from './graphs/office.ts';
import { shop } from './graphs/shop.ts';
import { randomOperation, randomVariables } from './operations.ts';
import { Random } from './random.ts';
import { oneLine, shrink } from './shrink.ts';
import { buildTestGraph } from './test-graph.ts';
import { Bench, isTrue, type Outcome, type Trial } from './trial.ts';
import { UNPLANNABLE, judge } from './verdict.ts';
import { FAULTS, World } from './world.ts';

const benches = new Map(GRAPHS.map((source) => [source, new Bench(source)]));

function benchOf(source: (typeof GRAPHS)[number]): Bench {
  const bench = benches.get(source);
  if (!bench) throw new Error('no such graph');
  return bench;
}

interface Example {
  readonly graph: (typeof GRAPHS)[number];
  readonly text: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly worldSeed?: number;
  /** By its place in FAULTS; without any when it is absent. */
  readonly faults?: number;
}

/** Of each written disagreement, as small as it gets. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'conditions decided too late': {
    graph: media,
    text: 'query ($no: Boolean!) { shelf { banner @skip(if: $no) score } }',
    variables: { no: true },
  },
  'fragments on abstract types': {
    graph: shop,
    text: '{ product(id: "1") { ... on Gift { ... on Product { sku } } } }',
  },
  'order of fields': {
    graph: media,
    text: '{ media(id: "1") { ... on Book { isbn } title ... on Book { pages } } }',
    worldSeed: 4,
  },
  'arguments that clash': { graph: shop, text: '{ product(id: "1") { price(currency: USD) shipping } }' },
  'aliases that clash with what the plan needs': {
    graph: grid,
    text: '{ places { ... on Station { readings code: uptime } } }',
    worldSeed: 1,
  },
  'names of interface objects': { graph: media, text: '{ book(id: "2") { banner __typename } }' },
  'representations without a key': {
    graph: media,
    text: 'mutation { rate(id: "3", score: 1) { ... on Song { banner } } }',
    worldSeed: 3,
  },
  'fetches before what they require': { graph: office, text: '{ staff { neighbours { rank } } }' },
  'errors at the wrong index': {
    graph: grid,
    text: '{ places { ... on Zone { terrain } } }',
    worldSeed: 7,
    faults: 2,
  },
  'one outage, told by fetch': {
    graph: office,
    text: '{ subjects { ... on Named { name } ... on Team { reviewed { ... on Named { name } } } } }',
    worldSeed: 52,
    faults: 5,
  },
  'siblings of a propagated null': {
    graph: grid,
    text: '{ zone(at: { x: 1 }) { people also: people } }',
    worldSeed: 1,
    faults: 2,
  },
  'names that nobody asked for': {
    graph: grid,
    text: '{ grid { slogan c: name } }',
    worldSeed: 10,
    faults: 4,
  },
  [UNPLANNABLE]: { graph: media, text: '{ bestRated { ... on Priced { price } } }' },
};

function trialOf({ text, variables = {}, worldSeed = 0, faults = 0 }: Example): Trial {
  const [none] = FAULTS;
  const chosen = FAULTS[faults] ?? none;
  if (!chosen) throw new Error('no such faults');
  return { text, variables, operationName: undefined, worldSeed, faults: chosen, form: 'text' };
}

describe('where the reference is wrong', () => {
  const names = [...RESTATEMENTS, ...EXCUSES].map(({ name }) => name);

  it('has an example of each, and each has one', () => {
    expect(Object.keys(EXAMPLES).toSorted()).toEqual([...names, UNPLANNABLE].toSorted());
  });

  it.each(Object.entries(EXAMPLES))('%s', { timeout: 30_000 }, async (name, example) => {
    const bench = benchOf(example.graph);
    const outcome = await bench.run(trialOf(example));
    const verdict = await judge(bench, outcome);
    expect(verdict.isGood).toBe(true);
    expect(verdict.explanations[0]).toBe(name);
    // Without faults it is known what is right: we are.
    if (outcome.truth) expect(isTrue(outcome.ours, outcome.truth)).toBe(true);
  });

  it('is no excuse for anything else', { timeout: 120_000 }, async () => {
    for (const example of Object.values(EXAMPLES)) {
      const bench = benchOf(example.graph);
      const outcome = await bench.run(trialOf(example));
      for (const spoilt of spoiltOf(outcome)) {
        expect([example.text, spoilt.ours, await judge(bench, spoilt)]).toEqual([
          example.text,
          spoilt.ours,
          { isGood: false, explanations: [] },
        ]);
      }
    }
  });
});

/** The outcome as it would be if we had made a mistake. */
function spoiltOf(outcome: Outcome): readonly Outcome[] {
  const { data = 'null', errors } = outcome.ours;
  const stray = JSON.stringify(['fault: of nobody', ['nowhere', 7], 'FORBIDDEN']);
  const spoilt = [
    { data: data.replace(/("[a-zA-Z]+":)(-?\d+|"[^"]*"|null)/, '$1"spoilt"'), errors },
    { data: data.replace(/"[a-zA-Z]+":/, '"spoilt":'), errors },
    { data: undefined, errors },
    { data, errors: [...errors, stray].toSorted() },
  ];
  return spoilt.flatMap((ours) =>
    ours.data === data && ours.errors === errors ? [] : [{ ...outcome, ours }],
  );
}

describe('the comparison', () => {
  const example: Example = { graph: grid, text: '{ grid { name extra } coldest { name } }', faults: 2 };

  it('agrees on what is the same, and sees values, order, errors and their places', async () => {
    const bench = benchOf(grid);
    const outcome = await bench.run(trialOf(example));
    expect(outcome.ours.errors).not.toEqual([]);
    expect(await judge(bench, outcome)).toEqual({ isGood: true, explanations: [] });
    const { data = '', errors } = outcome.ours;
    const { grid: first, coldest } = JSON.parse(data) as { grid: unknown; coldest: unknown };
    const spoilt = [
      { data: JSON.stringify({ coldest, grid: first }), errors },
      { data, errors: errors.slice(1) },
      { data, errors: [...errors, errors[0] ?? ''].toSorted() },
      { data, errors: errors.map((each) => each.replace(/,\d+/, ',9')) },
      { data, errors: errors.map((each) => each.replace(/"[A-Z_]+"\]$/, '"TEAPOT"]')) },
    ];
    for (const ours of spoilt) expect((await judge(bench, { ...outcome, ours })).isGood).toBe(false);
  });

  it('makes an operation small that shows a disagreement', async () => {
    const { apiSchema } = benchOf(grid).graph;
    const document = parse(
      `query ($n: Boolean!, $f: Int) { ...All cities { name } }
       fragment All on Query { also: coldest @skip(if: $n) { name people ... on Zone { station { code uptime } } } }`,
    );
    const small = await shrink(apiSchema, document, async (smaller) => print(smaller).includes('uptime'));
    expect(oneLine(small)).toBe('{ coldest { station { uptime } } }');
  });
});

describe('random operations and answers', () => {
  it.each(GRAPHS.map((source) => [source.name, source] as const))('of %s are valid', (_name, source) => {
    const { apiSchema } = benchOf(source).graph;
    for (let seed = 0; seed < 300; seed += 1) {
      const random = new Random(seed);
      const { text } = randomOperation(apiSchema, random, OperationTypeNode.QUERY);
      expect([text, validate(apiSchema, parse(text)).map(({ message }) => message)]).toEqual([text, []]);
    }
  });

  it('are the same for the same seed', () => {
    const { apiSchema } = benchOf(shop).graph;
    const ask = (): unknown => {
      const random = new Random('again');
      const operation = randomOperation(apiSchema, random);
      return [operation.text, randomVariables(operation, random)];
    };
    expect(ask()).toEqual(ask());
  });

  it('hold fragments on interfaces and unions, aliases, conditions, variables, and lists of lists', () => {
    const { apiSchema } = benchOf(grid).graph;
    const texts = Array.from(
      { length: 300 },
      (_, seed) => randomOperation(apiSchema, new Random(seed)).text,
    ).join('\n');
    for (const what of [
      /fragment \w+ on \w+/,
      /\.\.\. on Place/,
      /\.\.\. on Link/,
      /\w+: \w+ /,
      /@skip\(if: \$/,
      /@include\(if: false\)/,
      /\$value\d+: \[/,
      /border|cube|cells/,
      /__schema/,
      /query Other/,
    ])
      expect(texts).toMatch(what);
  });

  it('give an entity the same values wherever it is met', async () => {
    const graph = buildTestGraph(shop);
    const [faults] = FAULTS;
    if (!faults) throw new Error('no faults');
    const world = new World(graph, 5, faults);
    const ask = async (
      name: string,
      query: string,
      representations?: readonly object[],
    ): Promise<unknown> => {
      const room = graph.rooms.get(name);
      if (!room) throw new Error('no such subgraph');
      const { data, errors } = await world.answer(room, { query, variables: { representations } });
      expect(errors).toBeUndefined();
      return data;
    };
    const entities = (selection: string): string =>
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`;
    const user = { __typename: 'User', id: '1' };
    const known = await ask('users', entities('... on User { nickname email }'), [user, user]);
    expect(known).toEqual({ _entities: [expect.anything(), expect.anything()] });
    const [first, second] = (known as { _entities: { nickname: string; email: string }[] })._entities;
    expect(first).toEqual(second);
    const reviews = await ask('reviews', '{ latest { author { id nickname } } }');
    for (const { author } of (reviews as { latest: { author: { id: string; nickname: string } }[] }).latest) {
      const again = await ask('users', entities('... on User { nickname }'), [
        { __typename: 'User', id: author.id },
      ]);
      expect(again).toEqual({ _entities: [{ nickname: author.nickname }] });
    }
    expect(await ask('users', entities('... on User { email }'), [{ __typename: 'User', id: '77' }])).toEqual(
      {
        _entities: [null],
      },
    );
  });
});
