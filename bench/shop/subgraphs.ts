/** The well-known graph of federation benchmarks: accounts, products, inventory and reviews of one shop. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type GraphQLSchema } from 'graphql';
import {
  PRODUCTS,
  REVIEWS,
  USERS,
  productOf,
  reviewOf,
  shippingOf,
  userOf,
  type Product,
  type Review,
  type User,
} from './data.ts';

export const SHOP = ['accounts', 'products', 'inventory', 'reviews'] as const;
export type ShopName = (typeof SHOP)[number];

/** By type, then by field; what is absent is read from the object. */
export type Resolvers = Readonly<
  Record<string, Readonly<Record<string, (parent: never, args: never) => unknown>>>
>;

export interface ShopSubgraph {
  readonly sdl: string;
  readonly resolvers: Resolvers;
}

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@provides", "@shareable"])\n';

export const SHOP_SUBGRAPHS: Readonly<Record<ShopName, ShopSubgraph>> = {
  accounts: {
    sdl: `${LINK}
      type Query { me: User user(id: ID!): User users: [User] }
      type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }
    `,
    resolvers: {
      Query: {
        me: () => USERS[0],
        user: (_: never, { id }: { id: string }) => userOf.get(id),
        users: () => USERS,
      },
      User: { __resolveReference: ({ id }: User) => userOf.get(id) },
    },
  },
  products: {
    sdl: `${LINK}
      type Query { topProducts(first: Int = 5): [Product] }
      type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
    `,
    resolvers: {
      Query: { topProducts: (_: never, { first }: { first: number }) => PRODUCTS.slice(0, first) },
      Product: { __resolveReference: ({ upc }: Product) => productOf.get(upc) },
    },
  },
  inventory: {
    sdl: `${LINK}
      type Product @key(fields: "upc") {
        upc: String!
        weight: Int @external
        price: Int @external
        inStock: Boolean
        shippingEstimate: Int @requires(fields: "price weight")
      }
    `,
    resolvers: {
      Product: {
        __resolveReference: (known: Product) => ({ ...known, inStock: productOf.get(known.upc)?.inStock }),
        shippingEstimate: (product: Product) => shippingOf(product),
      },
    },
  },
  reviews: {
    sdl: `${LINK}
      type Review @key(fields: "id") {
        id: ID!
        body: String
        author: User @provides(fields: "username")
        product: Product
      }
      type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
      type Product @key(fields: "upc") { upc: String! reviews: [Review] }
      type Query { review(id: ID!): Review }
    `,
    resolvers: {
      Query: { review: (_: never, { id }: { id: string }) => reviewOf.get(id) },
      Review: { __resolveReference: ({ id }: Review) => reviewOf.get(id) },
      User: {
        __resolveReference: ({ id }: User) => userOf.get(id),
        reviews: ({ id }: User) => REVIEWS.filter(({ author }) => author.id === id),
      },
      Product: {
        __resolveReference: ({ upc }: Product) => productOf.get(upc),
        reviews: ({ upc }: Product) => REVIEWS.filter(({ product }) => product.upc === upc),
      },
    },
  },
};

export function buildShopSubgraph({ sdl, resolvers }: ShopSubgraph): GraphQLSchema {
  return buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never });
}
