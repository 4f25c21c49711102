/** Users, products and reviews that lead to each other in circles; stock and orders that need what others know. */
import type { GraphSource } from './graph-source.ts';

const USERS = `
  scalar JSON
  enum Style { SHORT LONG FORMAL }
  enum Mood { CALM BUSY }
  input UserFilter { moods: [Mood!] name: String = "any" page: PageInput }
  input PageInput { first: Int = 2 after: ID }
  interface Node { id: ID! }
  type Query {
    me: User
    user(id: ID!): User
    users(ids: [ID!] = ["1", "2"], filter: UserFilter): [User]!
    node(id: ID!): Node
  }
  type Mutation { rename(id: ID!, name: String!): User touch(times: Int = 1): Touched! }
  type Touched { times: Int! user: User! }
  type Address @shareable { street: String city: City }
  type City @shareable { name: String! code: Int }
  type User implements Node @key(fields: "id") {
    id: ID!
    name(style: Style = SHORT): String
    nickname: String @shareable
    email: String!
    address: Address
    friends(first: Int = 2): [User!]
    bestFriend: User
    mood: Mood!
    settings: JSON
  }
`;

const PRODUCTS = `
  enum Currency { EUR USD }
  enum Unit { CM INCH }
  enum Kind { PRODUCT CATEGORY BRAND }
  input Sorting { field: String! descending: Boolean = false kinds: [Kind!] }
  interface Node { id: ID! }
  type Query {
    product(id: ID!): Product
    topProducts(first: Int = 3, by: Sorting): [Product!]!
    search(text: String, in: [Kind!]): [Found]
  }
  union Found = Product | Category | Brand
  type Product implements Node @key(fields: "id") @key(fields: "sku brand { id }") {
    id: ID!
    sku: String!
    brand: Brand!
    name: String!
    price(currency: Currency = USD): Float
    weight: Int
    dimensions: Dimensions
    category: Category
    related(first: Int = 2): [Product]!
    variants: [[Variant!]]!
  }
  type Brand @key(fields: "id") { id: ID! name: String flagship: Product }
  type Category implements Node @key(fields: "id") {
    id: ID!
    title: String
    products: [Product!]!
    parent: Category
  }
  type Dimensions @shareable { width: Int! height: Int volume(unit: Unit): Float }
  type Variant { label: String! extra: [String!] product: Product }
`;

const REVIEWS = `
  enum Mark { GOOD BAD }
  input ReviewInput { body: String! marks: [Mark!]! = [GOOD] about: ID nested: ReviewInput }
  type Query { review(id: ID!): Review latest(marks: [Mark]): [Review!] }
  type Mutation { addReview(input: ReviewInput!): Review }
  type Review @key(fields: "id") {
    id: ID!
    body(maxLength: Int): String
    stars: Int!
    author: User @provides(fields: "nickname")
    product: Product!
    replies: [[Review]]
    thanks: Review
  }
  type User @key(fields: "id") {
    id: ID!
    nickname: String @external
    reviews(first: Int = 2): [Review!]!
    reviewCount: Int!
  }
  type Product @key(fields: "id") { id: ID! reviews(first: Int): [Review] rating: Float }
`;

const INVENTORY = `
  enum Currency { EUR USD }
  enum Unit { CM INCH }
  type Query { warehouse(id: ID): Warehouse }
  type Product @key(fields: "id") {
    id: ID!
    price(currency: Currency = USD): Float @external
    weight: Int @external
    dimensions: Dimensions @external
    shipping: Int @requires(fields: "price(currency: EUR) weight")
    boxed(by: Unit = CM): String! @requires(fields: "dimensions { width volume(unit: CM) }")
    inStock(at: ID): Boolean
    stock: Stock!
  }
  type Dimensions @shareable { width: Int! volume(unit: Unit): Float }
  type Stock { count: Int! warehouses: [Warehouse!]! }
  type Warehouse @key(fields: "id") { id: ID! name: String nearest: Warehouse products: [Product!]! }
`;

const ORDERS = `
  enum Status { OPEN PAID SENT }
  input PageInput { first: Int = 2 after: ID }
  union Gift = Product | Voucher
  type Voucher { code: String! amount: Int product: Product }
  type Query { order(id: ID!): Order orders(status: [Status!] = [OPEN]): [Order]! }
  type Mutation { buy(product: ID!, quantity: Int! = 1): Order! }
  type Order @key(fields: "id") { id: ID! lines: [Line!]! buyer: User! total: Float status: Status }
  type Line { product: Product quantity: Int! gift: Gift }
  type Product @key(fields: "sku brand { id }") { sku: String! brand: Brand! soldCount: Int lastOrder: Order }
  type Brand @key(fields: "id") { id: ID! }
  type User @key(fields: "id") {
    id: ID!
    email: String! @external
    orders(status: [Status!], page: PageInput): [Order]
    discount: Int @requires(fields: "email")
  }
`;

export const shop: GraphSource = {
  name: 'shop',
  subgraphs: { users: USERS, products: PRODUCTS, reviews: REVIEWS, inventory: INVENTORY, orders: ORDERS },
};
