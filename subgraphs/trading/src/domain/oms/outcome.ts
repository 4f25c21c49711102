/** What comes of a command: what happened to orders, what traded, and what users have afterwards. */
import { dateOf } from '@gridworks/kit/time';
import { cashPromised, type Happening } from '../happening.ts';
import { hashOf } from '../matching/engine.ts';
import type { TradingRefusal } from '../order.ts';
import type { Account, Stock } from './account.ts';
import type { Command } from './command.ts';

/** One trade, whoever it was between. */
export interface Print {
  readonly symbol: string;
  readonly price: bigint;
  readonly quantity: bigint;
}

/** What a user has after a command that changed it. */
export interface Balance {
  readonly userId: string;
  readonly tenantId: string;
  readonly buyingPower: bigint;
}

export interface StockBalance extends Stock {
  readonly userId: string;
  readonly tenantId: string;
}

/** What came of a command. */
export interface Outcome {
  readonly happenings: readonly Happening[];
  readonly prints: readonly Print[];
  readonly balances: readonly Balance[];
  readonly stock: readonly StockBalance[];
}

/** A command and what came of it. */
export interface OmsStep {
  readonly command: Command;
  readonly outcome: Outcome;
}

export interface Decided {
  readonly outcome: Outcome | TradingRefusal;
  readonly steps: readonly OmsStep[];
}

export const NOTHING: Outcome = { happenings: [], prints: [], balances: [], stock: [] };

/** What is gathered while a command is carried out. */
export class Work {
  readonly prints: Print[] = [];
  readonly #happenings: Happening[] = [];
  readonly #balances = new Map<string, Account>();
  readonly #stock = new Map<string, StockBalance>();
  /** `at` as a date, of which one is enough. */
  readonly date: Date;
  #ids = 0;

  constructor(readonly at: number) {
    this.date = dateOf(at);
  }

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  add(happening: Happening, account: Account, stock: Stock | undefined): void {
    this.#happenings.push(happening);
    if (cashPromised(happening) > 0n) this.addBalance(account);
    if (stock) this.addStock(account, stock);
  }

  addStock({ userId, tenantId }: Account, stock: Stock): void {
    const { symbol, product, quantity, held } = stock;
    this.#stock.set(`${userId} ${symbol} ${product}`, { userId, tenantId, symbol, product, quantity, held });
  }

  addBalance(account: Account): void {
    this.#balances.set(account.userId, account);
  }

  /** To be asked when the command is through: balances are taken as they stand then. */
  outcome(): Outcome {
    return {
      happenings: this.#happenings,
      prints: this.prints,
      balances: [...this.#balances.values()].map(({ userId, tenantId, buyingPower }) => ({
        userId,
        tenantId,
        buyingPower,
      })),
      stock: [...this.#stock.values()],
    };
  }
}

/** Tells outcomes apart: kept with each command, so that a replay knows at once when it goes another way. */
export function digestOf({ happenings, balances }: Outcome): string {
  const facts: (string | number)[] = [];
  for (const { kind, order, sequence } of happenings) {
    facts.push(
      kind,
      tailOf(order.id),
      Number(sequence),
      Number(order.filledQuantity),
      Number(order.turnover),
    );
    if (kind === 'MODIFIED' || kind === 'MODIFY_REQUESTED' || kind === 'MODIFY_REFUSED')
      facts.push(Number(order.quantity), Number(order.hold));
  }
  for (const { userId, buyingPower } of balances) facts.push(tailOf(userId), Number(buyingPower));
  return hashOf(facts);
}

/** The last 48 bits of a uuid, which are random. */
function tailOf(id: string): number {
  return parseInt(id.slice(-12), 16);
}
