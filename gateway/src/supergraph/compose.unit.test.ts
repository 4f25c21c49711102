import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { composeSupergraph } from './compose.ts';
import { loadSupergraph } from './supergraph.ts';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n';
const OWNER = `${LINK} type Query { "One thing." thing(id: ID!): Thing } "A thing." type Thing @key(fields: "id") { id: ID! }`;
const OTHER = `${LINK} type Thing @key(fields: "id") { id: ID! "How heavy, in grams." weight: Int }`;

describe('composing', () => {
  it('gives the supergraph, and the api that clients see, descriptions and all', () => {
    const { supergraph, api } = composeSupergraph([
      { name: 'trading', url: 'http://a.test', sdl: OWNER },
      { name: 'ai', url: 'http://b.test', sdl: OTHER },
    ]);
    expect(buildSchema(api).getType('Thing')?.description).toBe('A thing.');
    expect(api).toContain('How heavy, in grams.');
    expect(api).not.toMatch(/join__|@key|_entities/);
    expect(loadSupergraph(supergraph).apiSchema.getQueryType()?.getFields()['thing']?.description).toBe(
      'One thing.',
    );
  });

  it('is the same text for the same subgraphs, in whatever order they come', () => {
    const subgraphs = [
      { name: 'trading', url: 'http://a.test', sdl: OWNER },
      { name: 'ai', url: 'http://b.test', sdl: OTHER },
    ];
    expect(composeSupergraph(subgraphs.toReversed())).toEqual(composeSupergraph(subgraphs));
  });

  it('says in sentences what stands in the way', () => {
    expect(() =>
      composeSupergraph([
        { name: 'trading', url: 'http://a.test', sdl: OWNER },
        { name: 'ai', url: 'http://b.test', sdl: `${LINK} type Thing @key(fields: "id") { id: Int! }` },
      ]),
    ).toThrow(/do not compose:\n.*Thing\.id.*"ai".*"trading"/s);
  });
});
