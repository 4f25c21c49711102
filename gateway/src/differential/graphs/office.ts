/** One employee under many keys, so that a fetch needs a fetch before it; fields that moved, and fields clients never see. */
import type { GraphSource } from './graph-source.ts';

const DIRECTORY = `
  enum Grade { JUNIOR SENIOR SECRET @inaccessible }
  interface Named { name: String }
  type Query { employee(id: ID!): Employee staff(grade: Grade, first: Int! = 2): [Employee]! named: [Named] anyone: Employee! }
  type Employee implements Named @key(fields: "id") @key(fields: "email") {
    id: ID!
    email: String!
    name: String
    phone: String
    grade: Grade
    ssn: String @inaccessible
    team: Team
    boss: Employee
    profile: Profile! @shareable
  }
  type Team implements Named @key(fields: "id") { id: ID! name: String members: [Employee!]! lead: Employee! }
  type Ghost implements Named @inaccessible { name: String }
  type Profile @shareable { bio: String links: [String!] level: Int! }
`;

const PAYROLL = `
  scalar Money
  type Query { payslip(of: ID!): Payslip }
  type Mutation { pay(email: String!, amount: Money): Payslip! }
  type Employee @key(fields: "email") @key(fields: "badge") {
    email: String!
    badge: Int!
    ssn: String @external
    salary(in: String = "EUR"): Money
    tax: Int! @requires(fields: "ssn")
    payslips(last: Int): [Payslip!]!
  }
  type Payslip @key(fields: "id") { id: ID! amount: Money! employee: Employee! previous: Payslip lines: [[Money]!] }
`;

const SEATS = `
  type Query { desk(number: Int!): Desk desks: [Desk!] }
  type Employee @key(fields: "badge") {
    badge: Int!
    phone: String @override(from: "directory")
    desk(floor: Int): Desk
    neighbours: [[Employee!]]
    profile: Profile! @shareable
  }
  type Profile @shareable { bio: String level: Int! }
  type Desk @key(fields: "floor number") { floor: Int! number: Int! employee: Employee room: Room! }
  type Room { name: String! desks: [Desk] }
`;

const REVIEWS = `
  union Subject = Employee | Team | Desk
  type Query { review: Review! subjects: [Subject] }
  type Employee @key(fields: "id") {
    id: ID!
    salary(in: String = "EUR"): Money @external
    desk(floor: Int): Desk @external
    rank: Int @requires(fields: "salary(in: \\"USD\\") desk(floor: 1) { number }")
    reviews: [Review!]
  }
  scalar Money
  type Team @key(fields: "id") { id: ID! mood: Int! reviewed: [Subject!] }
  type Desk @key(fields: "floor number") { floor: Int! number: Int! comfort: Int }
  type Review { about: Subject! by: Employee! text(lines: [Int!] = [1, 2]): String }
`;

export const office: GraphSource = {
  name: 'office',
  subgraphs: { directory: DIRECTORY, payroll: PAYROLL, seats: SEATS, reviews: REVIEWS },
  keyValues: {
    'Desk.floor': (index) => index % 2,
    'Desk.number': (index) => index >> 1,
  },
};
