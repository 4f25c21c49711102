/** The graph as one thing: every shipped operation, joins over all subgraphs, nothing across tenants. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '@gridworks/kit/config';
import {
  buildSchema,
  isInterfaceType,
  isObjectType,
  isUnionType,
  getNamedType,
  OperationTypeNode,
  parse,
  type OperationDefinitionNode,
} from 'graphql';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { USERS } from '../prisma/seed/story.ts';
import { GraphClient } from './client.ts';

const OPERATIONS = join(repoRoot, 'schema', 'operations');
const FILES = readdirSync(OPERATIONS).filter((file) => file.endsWith('.graphql'));
/** These change something for everybody, or need input that only a journey makes; the other files here run them. */
const IN_JOURNEYS = [
  '05-buy',
  '07-cancel',
  '12-register',
  '14-play',
  '20-modify',
  '21-cancel-all',
  '26-rebalance',
];

describe.each(inject('forms'))('the graph, $name', ({ url }) => {
  const anybody = new GraphClient(url);
  afterAll(() => anybody.close());

  it.each(FILES.filter((file) => !IN_JOURNEYS.some((name) => file.startsWith(name))))(
    'answers %s',
    async (file) => {
      const query = readFileSync(join(OPERATIONS, file), 'utf8');
      const variablesFile = join(OPERATIONS, file.replace('.graphql', '.variables.json'));
      const variables = readdirSync(OPERATIONS).includes(file.replace('.graphql', '.variables.json'))
        ? (JSON.parse(readFileSync(variablesFile, 'utf8')) as object)
        : {};
      const priya = await anybody.signedInAs('priya');
      const [operation] = parse(query).definitions as OperationDefinitionNode[];
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
        const { data, errors } = await priya.ask(query, variables);
        expect(errors).toBeUndefined();
        expect(Object.keys(data as object)).not.toHaveLength(0);
      } else if (file.includes('watch')) {
        expect((await priya.take(query, variables, 1))[0]?.errors).toBeUndefined();
      } else {
        // Nothing may happen on this stream for long: that it opens and closes is what can be seen.
        const stream = priya.stream(query, variables);
        const first = stream.next();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await stream.return?.();
        expect(await first.catch((error: unknown) => error)).toMatchObject({ done: true });
      }
      await priya.close();
    },
  );

  it('joins six subgraphs in one answer', async () => {
    const priya = await anybody.signedInAs('priya');
    const answer = await priya.data(`{
      me { displayName buyingPower { amount } wallet { available { currency } } }
      viewerPartner { name }
      instrument(symbol: "RELIANCE") { name lastPrice forecast { annualisedVolatility } }
      butler { group(tier: VOID) { depth } } }`);
    expect(answer).toMatchObject({
      me: {
        displayName: USERS.priya.displayName,
        buyingPower: {},
        wallet: { available: { currency: 'INR' } },
      },
      viewerPartner: { name: 'FinStack' },
      instrument: { name: 'Reliance Industries Limited', forecast: {} },
      butler: { group: { depth: 16 } },
    });
  });

  it('shows one tenant nothing of another, whichever way it is asked', async () => {
    const gopal = await anybody.signedInAs('gopal');
    const asha = `User:${USERS.asha.id}`;
    const wallet = `Wallet:${USERS.asha.id}`;
    const query = `query ($user: ID!, $wallet: ID!) {
      user: node(id: $user) { ... on User { displayName email wallet { available { amount } } orders(first: 1) { edges { node { id } } } } }
      wallet: node(id: $wallet) { ... on Wallet { available { amount } } } }`;
    const { data } = await gopal.ask<{ user: unknown; wallet: unknown }>(query, { user: asha, wallet });
    expect(data).toEqual({ user: null, wallet: null });
    // Within the tenant a name is public, money is not.
    const bharat = await anybody.signedInAs('bharat');
    const within = await bharat.ask<{ user: unknown; wallet: unknown }>(query, { user: asha, wallet });
    expect(within.data).toEqual({
      user: { displayName: USERS.asha.displayName, email: null, wallet: null, orders: null },
      wallet: null,
    });
  });

  it('finds things of every kind by their global id', async () => {
    const asha = await anybody.signedInAs('asha');
    const node = async (id: string, selection: string): Promise<unknown> =>
      (await asha.data<{ node: unknown }>(`query ($id: ID!) { node(id: $id) { id ${selection} } }`, { id }))
        .node;
    const id = `User:${USERS.asha.id}`;
    expect(await node(id, '... on User { displayName }')).toEqual({ id, displayName: 'Asha Rao' });
    expect(await node('Instrument:TCS', '... on Instrument { symbol }')).toEqual({
      id: 'Instrument:TCS',
      symbol: 'TCS',
    });
    expect(await node('Plan:PRO', '... on Plan { name tier }')).toMatchObject({ tier: 'PRO' });
    expect(await node(`Wallet:${USERS.asha.id}`, '... on Wallet { total { currency } }')).toMatchObject({
      total: { currency: 'INR' },
    });
  });
});

describe('the committed schema', () => {
  it('has no path from a member to a user', () => {
    const schema = buildSchema(readFileSync(join(repoRoot, 'schema', 'api.graphql'), 'utf8'));
    const reached = new Set<string>();
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      const type = schema.getType(name);
      // Node says nothing of what it is: whoever holds an id may ask for the thing, members have no user's id.
      if (isObjectType(type))
        for (const field of Object.values(type.getFields())) visit(getNamedType(field.type).name);
      else if (isUnionType(type) || isInterfaceType(type))
        throw new Error(`Member reaches the abstract type ${name}`);
    };
    visit('Member');
    expect(reached.has('User')).toBe(false);
    expect(reached.has('Persona')).toBe(true);
  });
});
