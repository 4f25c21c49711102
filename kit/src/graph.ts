/** What all subgraphs' schemas share: scalars, Money, Node, pages. */
import 'reflect-metadata';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import {
  Directive,
  Field,
  ID,
  InterfaceType,
  ObjectType,
  registerEnumType,
  type ClassType,
} from 'type-graphql';
import type { Exchange, Product, Side } from '@gridworks/schema/events';
import { doorError, type Tier } from './caller.ts';
import { formatDecimal, parseDecimal, type Currency } from './money.ts';

/** Minor units inside (bigint), a decimal string outside. */
/**
 * For `@Directive` on a field: its value does not depend on who asks, so that live streams of it can be shared between
 * callers. On a type that is no entity it holds for all of its fields.
 */
export const SAME_FOR_ALL = '@tag(name: "same-for-all")';

export const Decimal = new GraphQLScalarType<bigint, string>({
  name: 'Decimal',
  description: 'An exact decimal number as a string, for example "1405.70". Never a float.',
  serialize: (value) => {
    if (typeof value === 'bigint') return formatDecimal(value);
    throw new TypeError('Decimal: minor units as a bigint are expected');
  },
  parseValue: readDecimal,
  parseLiteral: (node: ValueNode) =>
    readDecimal(
      node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
        ? node.value
        : undefined,
    ),
});

function readDecimal(value: unknown): bigint {
  const minor =
    typeof value === 'string' || Number.isSafeInteger(value) ? parseDecimal(String(value)) : undefined;
  if (minor === undefined || minor >= 2n ** 63n || minor < -(2n ** 63n)) {
    throw new GraphQLError(
      'Decimal: a decimal string with at most two places is expected, for example "1405.70".',
    );
  }
  return minor;
}

/** Whole numbers beyond 32 bits: a JSON number where that is exact, else a string. */
export const BigIntScalar = new GraphQLScalarType<bigint, number | string>({
  name: 'BigInt',
  description: 'A whole number of up to 64 bits: a JSON number up to 2^53 - 1, a string beyond.',
  serialize: (value) => {
    const whole = typeof value === 'bigint' ? value : BigInt(value as number);
    return whole <= Number.MAX_SAFE_INTEGER && whole >= Number.MIN_SAFE_INTEGER
      ? Number(whole)
      : whole.toString();
  },
  parseValue: readBigInt,
  parseLiteral: (node: ValueNode) =>
    readBigInt(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined),
});

function readBigInt(value: unknown): bigint {
  const text = typeof value === 'string' || Number.isSafeInteger(value) ? String(value) : '';
  const whole = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (whole === undefined || whole !== BigInt.asIntN(64, whole)) {
    throw new GraphQLError('BigInt: a whole number of up to 64 bits is expected.');
  }
  return whole;
}

export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'An instant in UTC as ISO 8601, for example "2026-01-15T03:45:00.000Z".',
});

/** An enum of the graph from its values and what they mean: `enumOf<Side>('Side', 'Which way...', { BUY: '...' })`. */
export function enumOf<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): { readonly [V in Value]: V } {
  const entries = Object.entries<string>(values);
  const made = Object.fromEntries(entries.map(([value]) => [value, value])) as { readonly [V in Value]: V };
  const valuesConfig = Object.fromEntries(
    entries.map(([value, meaning]) => [value, { description: meaning }]),
  );
  registerEnumType(made, { name, description, valuesConfig: valuesConfig as never });
  return made;
}

export const CurrencyEnum = enumOf<Currency>('Currency', 'The ISO 4217 code of a currency.', {
  INR: 'Indian rupee.',
  USD: 'United States dollar.',
});

@ObjectType({ description: 'An amount of money in one currency.' })
@Directive('@shareable')
export class Money {
  @Field(() => Decimal, { description: 'The amount in units of the currency, exact.' })
  amount!: bigint;

  @Field(() => CurrencyEnum, { description: 'The currency of the amount.' })
  currency!: Currency;
}

export function rupees(amount: bigint): Money {
  return { amount, currency: 'INR' };
}

export const TierEnum = enumOf<Tier>(
  'Tier',
  'What a trader subscribes to. The last three form the private Black tier.',
  {
    LITE: 'Entry tier.',
    PRO: 'For active traders.',
    ELITE: 'For professionals.',
    ONYX: 'Black tier, first degree; served by Sterling.',
    OBSIDIAN: 'Black tier, second degree; served by Prism.',
    VOID: 'Black tier, third degree; served by Nexus.',
  },
);

// What trading says of an order and billing computes from: one word, one meaning, in both.
export const SideEnum = enumOf<Side>('Side', 'Which way an order trades.', {
  BUY: 'Takes shares for cash.',
  SELL: 'Gives shares for cash.',
});
export const ProductEnum = enumOf<Product>(
  'Product',
  'What the shares are meant for; each product is a position of its own.',
  {
    CNC: 'Cash and carry: delivered and kept.',
    MIS: 'Margin intraday square-off: closed within the day, for a part of the value; may be sold before it is bought.',
  },
);
export const ExchangeEnum = enumOf<Exchange>('Exchange', 'Where an instrument is listed.', {
  NSE: 'National Stock Exchange of India.',
  BSE: 'BSE, formerly Bombay Stock Exchange.',
});

@InterfaceType({
  description: 'Anything that can be found again by one global id.',
  // In one process all rooms share this class; each schema must hold its own implementations only.
  autoRegisterImplementations: false,
  resolveType: (value: { __typename?: string }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: 'Global id; opaque to clients.' })
  id!: string;
}

@ObjectType({ description: 'Where a page stands in its list.' })
@Directive('@shareable')
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follow after this page.' })
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge; null on an empty page.' })
  endCursor!: string | null;
}

export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: PageInfo;
}

/** A page from up to `first + 1` rows, the extra one telling that more follow. */
export function toPage<T>(rows: readonly T[], first: number, cursorOf: (row: T) => string): Page<T> {
  const edges = rows.slice(0, first).map((node) => ({ cursor: cursorOf(node), node }));
  return { edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
}

/** `first` of a connection within 1..100, or BAD_USER_INPUT. */
export function pageSize(first: number): number {
  if (first < 1 || first > 100) throw doorError('BAD_USER_INPUT', '`first` must lie between 1 and 100.');
  return first;
}

/**
 * The Relay connection of a node type: `const OrderConnection = connectionOf(Order, 'Order', 'orders')`.
 * `noun` is the plural used in the descriptions.
 */
export function connectionOf<T extends object>(
  node: ClassType<T>,
  name: string,
  noun: string,
): ClassType<Page<T>> {
  @ObjectType(`${name}Edge`, { description: `One of the ${noun} in a page.` })
  class Edge {
    @Field(() => String, { description: 'Pass it as `after` to go on from here; stable.' })
    cursor!: string;

    @Field(() => node, { description: 'The item itself.' })
    node!: T;
  }
  @ObjectType(`${name}Connection`, { description: `A page of ${noun}.` })
  class Connection {
    @Field(() => [Edge], { description: `The ${noun} of this page, in order.` })
    edges!: Edge[];

    @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
    pageInfo!: PageInfo;
  }
  return Connection;
}

/** The refusal type of one domain: a closed enum of codes, a sentence, and the input field it is about. */
export function refusalOf<Code extends string>(
  domain: string,
  codes: Readonly<Record<Code, string>>,
): ClassType<{ code: Code; message: string; path: readonly string[] }> {
  const values = enumOf(
    `${domain}RefusalCode`,
    `Why ${domain.toLowerCase()} said no. The list is closed; new codes are announced as schema changes.`,
    codes,
  );
  @ObjectType(`${domain}Refusal`, { description: 'An expected "no": nothing was changed.' })
  class DomainRefusal {
    @Field(() => values, {
      description: 'What stood in the way; the first rule that failed, in fixed order.',
    })
    code!: Code;

    @Field(() => String, { description: 'A sentence for people.' })
    message!: string;

    @Field(() => [String], {
      description: 'Path of the input field it is about; empty when it is about no single one.',
    })
    path!: readonly string[];
  }
  return DomainRefusal;
}
