/** What comes of a command: what happened to orders, what traded, and what users have afterwards. */
import { dateOf } from '@gridworks/kit/time';
import { cashPromised, type Happening } from '../happening.ts';
import type { Funds, MarginChange } from '../margin.ts';
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
export interface Balance extends Pick<Funds, 'margin' | 'dues'> {
  readonly userId: string;
  readonly tenantId: string;
  readonly buyingPower: bigint;
}

/** What moved between the parts of somebody's funds by something else than their orders. */
export interface MarginMove extends MarginChange {
  readonly userId: string;
  readonly tenantId: string;
  /** Names what moved it: a credit's event, a withdrawal, an adjustment. */
  readonly reference: string;
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
  readonly margins: readonly MarginMove[];
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

export const NOTHING: Outcome = { happenings: [], prints: [], balances: [], stock: [], margins: [] };

/** What is gathered while a command is carried out. */
export class Work {
  readonly prints: Print[] = [];
  readonly #happenings: Happening[] = [];
  readonly #balances = new Map<string, Account>();
  readonly #stock = new Map<string, StockBalance>();
  readonly #margins: MarginMove[] = [];
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
    if (happening.margin !== null || cashPromised(happening) > 0n) this.addBalance(account);
    if (stock) this.addStock(account, stock);
  }

  addStock({ userId, tenantId }: Account, stock: Stock): void {
    const { symbol, product, quantity, held, cost, margin } = stock;
    const name = `${userId} ${symbol} ${product}`;
    this.#stock.set(name, { userId, tenantId, symbol, product, quantity, held, cost, margin });
  }

  /** What moved beside orders; of nothing nothing is told. */
  addMargin({ userId, tenantId }: Account, reference: string, change: MarginChange | null): void {
    if (!change || (change.margin === 0n && change.dues === 0n && change.realised === 0n)) return;
    this.#margins.push({ userId, tenantId, reference, ...change });
  }

  addBalance(account: Account): void {
    this.#balances.set(account.userId, account);
  }

  /** To be asked when the command is through: balances are taken as they stand then. */
  outcome(): Outcome {
    return {
      happenings: this.#happenings,
      prints: this.prints,
      balances: [...this.#balances.values()].map(({ userId, tenantId, funds }) => {
        const { available, margin, dues } = funds;
        return { userId, tenantId, buyingPower: available, margin, dues };
      }),
      stock: [...this.#stock.values()],
      margins: this.#margins,
    };
  }
}

/** Tells outcomes apart: kept with each command, so that a replay knows at once when it goes another way. */
export function digestOf({ happenings, balances, margins }: Outcome): string {
  const facts: (string | number)[] = [];
  for (const { kind, order, sequence, margin } of happenings) {
    facts.push(
      kind,
      tailOf(order.id),
      Number(sequence),
      Number(order.filledQuantity),
      Number(order.turnover),
    );
    if (kind === 'MODIFIED' || kind === 'MODIFY_REQUESTED' || kind === 'MODIFY_REFUSED')
      facts.push(Number(order.quantity), Number(order.hold));
    if (margin) facts.push(Number(margin.margin), Number(margin.dues), Number(margin.realised));
  }
  for (const { userId, buyingPower } of balances) facts.push(tailOf(userId), Number(buyingPower));
  for (const { margin, dues, realised } of margins)
    facts.push(Number(margin), Number(dues), Number(realised));
  return hashOf(facts);
}

/** The last 48 bits of a uuid, which are random. */
function tailOf(id: string): number {
  return parseInt(id.slice(-12), 16);
}
