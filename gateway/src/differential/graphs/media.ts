/** Interfaces with entities behind them, told further by subgraphs that know the interface as one object; unions. */
import type { GraphSource } from './graph-source.ts';

const CATALOG = `
  enum Currency { EUR USD }
  interface Media @key(fields: "id") { id: ID! title: String creators(first: Int = 2): [Person!] sequel: Media }
  interface Priced { price(in: Currency): Int }
  type Book implements Media & Priced @key(fields: "id") {
    id: ID!
    title: String
    creators(first: Int = 2): [Person!]
    sequel: Media
    isbn: String!
    pages: Int!
    price(in: Currency): Int
  }
  type Movie implements Media @key(fields: "id") {
    id: ID!
    title: String
    creators(first: Int = 2): [Person!]
    sequel: Movie
    runtime: Int
    cast: [[Person]]
  }
  type Song implements Media & Priced @key(fields: "id") {
    id: ID!
    title: String
    creators(first: Int = 2): [Person!]
    sequel: Media
    price(in: Currency): Int
    album: Album!
  }
  type Album { name: String! songs: [Song!]! cover: Cover }
  type Cover { width: Int! height: Int }
  type Person @key(fields: "id") { id: ID! name: String works: [Media!]! latest: Media known: [Thing] }
  union Thing = Book | Movie | Person | Album
  type Query {
    media(id: ID!): Media
    shelf(first: Int): [Media]!
    thing: Thing
    things: [Thing!]
    shelves: [[Media!]!]
    priced: [Priced]
    book(id: ID!): Book
  }
`;

const RATINGS = `
  scalar Instant
  type Media @interfaceObject @key(fields: "id") {
    id: ID!
    score(of: Int = 5): Float
    opinions(first: Int): [Opinion!]!
    rival: Media
    similar: [Media!]
    title: String @external
    licence: Licence!
    banner(size: Int): String @requires(fields: "title")
  }
  type Licence @key(fields: "id") { id: ID! media: [Media!] }
  type Opinion @key(fields: "id") { id: ID! text: String about: Media! by: Person at: Instant! }
  type Person @key(fields: "id") { id: ID! opinions: [Opinion] favourite: Media }
  type Query { bestRated: Media opinions: [Opinion!]! }
  type Mutation { rate(id: ID!, score: Float!): Media }
`;

const RIGHTS = `
  type Query { licence(id: ID!): Licence }
  type Licence @key(fields: "id") { id: ID! holder: Person! terms: [Term] }
  union Term = Fixed | Renewing
  type Fixed { label: String! days: Int! }
  type Renewing { label: String days: Int every: Int! partner: Person }
  type Person @key(fields: "id") { id: ID! royalties: Float }
`;

const STREAMS = `
  enum Quality { LOW HIGH }
  interface Device { name: String! owner: Person }
  type Phone implements Device { name: String! owner: Person size: Int }
  type Screen implements Device { name: String! owner: Person size: Float plays: Playable }
  type Movie @key(fields: "id") { id: ID! streams(quality: Quality): [Stream] quality: Quality! }
  type Song @key(fields: "id") { id: ID! bitrate: Int! quality: Quality }
  type Stream { url: String! on: [Device!]! }
  union Playable = Movie | Song
  type Person @key(fields: "id") { id: ID! devices: [Device] playing: Playable }
  type Query { playing: [Playable] devices: [[Device]] }
`;

export const media: GraphSource = {
  name: 'media',
  subgraphs: { catalog: CATALOG, ratings: RATINGS, rights: RIGHTS, streams: STREAMS },
  families: { Media: ['Book', 'Movie', 'Song'] },
};
