/** Lists of lists, keys made of several and of nested fields, and values that must be there at many depths. */
import type { GraphSource } from './graph-source.ts';

const MAPS = `
  scalar JSON
  enum Terrain { HILL SEA PLAIN }
  input PointInput { x: Int! y: Int! = 0 }
  input ZoneFilter { terrain: [Terrain!] = [HILL] within: [[PointInput!]!] names: [String] deep: ZoneFilter }
  type Query {
    zone(at: PointInput!): Zone
    zones(filter: ZoneFilter = { terrain: [SEA] }): [Zone!]
    grid(rows: [[Int!]!]): [[Zone]!]!
    cube: [[[Zone!]]]
  }
  type Zone @key(fields: "country number") {
    country: String!
    number: Int!
    name: String
    terrain: Terrain!
    cells(filter: [[Int]]): [[Cell!]!]!
    border: [[[Point]]]
    capital: City!
    neighbour: Zone
    extra: JSON
    required: Chain!
    optional: Chain
  }
  type Cell { at: Point! zone: Zone value: Int! chain: Chain }
  type Chain { value: Int next: Chain! end: End! }
  type End { value: Int! zone: Zone! }
  type Point @shareable { x: Int! y: Int! }
  type City @key(fields: "name zone { country number }") { name: String! zone: Zone! size: Int }
`;

const WEATHER = `
  scalar Instant
  enum Sky { CLEAR RAIN }
  input Window { from: Instant to: Instant! = "noon" }
  type Query { coldest: Zone storms(in: [Window!]): [[Storm]!] }
  type Zone @key(fields: "country number") {
    country: String!
    number: Int!
    temperature(at: Instant, window: Window): Float
    forecast(days: [Int]): [[Forecast]]!
    station: Station!
  }
  type Forecast { sky: Sky! low: Float high: Float! zones: [Zone!] }
  type Station @key(fields: "code") { code: ID! readings: [[Float!]!] zone: Zone! }
  type Storm @key(fields: "id") { id: ID! path: [[Zone!]] eye: Point! }
  type Point @shareable { x: Int! y: Int! }
`;

const SURVEY = `
  type Query { city: City cities: [City!]! }
  type City @key(fields: "name zone { country number }") {
    name: String!
    zone: Zone!
    population(year: Int): Int!
    districts: [[District!]!]!
  }
  type Zone @key(fields: "country number") {
    country: String!
    number: Int!
    name: String @external
    people: Int!
    cities: [City!]!
    slogan: String @requires(fields: "name")
  }
  type District { name: String! city: City! main: District }
  type Storm @key(fields: "id") { id: ID! damage: Int! hit: [City] }
`;

const NETWORK = `
  union Place = Station | Zone | Storm
  interface Link { weight: Int! to: Place }
  type Road implements Link { weight: Int! to: Place lanes: Int }
  type Wire implements Link { weight: Int! to: Station volts: Int! }
  type Station @key(fields: "code") { code: ID! links: [[Link!]] uptime: Float }
  type Zone @key(fields: "country number") { country: String! number: Int! links: [Link] }
  type Storm @key(fields: "id") { id: ID! strikes: [Place!]! }
  type Query { places: [[Place]!]! link: Link }
  type Mutation { build(weight: Int!): Link! destroy: Boolean! }
`;

export const grid: GraphSource = {
  name: 'grid',
  subgraphs: {
    maps: MAPS,
    weather: WEATHER,
    survey: SURVEY,
    network: NETWORK,
  },
  keyValues: {
    'Zone.country': (index) => (index < 2 ? 'north' : 'south'),
    'Zone.number': (index) => index % 2,
    'City.name': (index) => `city ${index}`,
  },
};
