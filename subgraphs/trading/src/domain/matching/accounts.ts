/**
 * Accounts in flat memory: cash, holdings, and what open orders promise of both, kept up with every change. The upper
 * half of the pre-trade ladder looks at them: funds or holdings, position limit, order rate, order-to-trade ratio.
 * All of it is part of the engine's state and of its snapshots.
 */
import { BALANCE_MAX, type RefusalCode } from './command.ts';
import type { AccountState, HoldingState } from './engine.ts';
import { ORDER_RATE_MAX, ORDER_RATE_WINDOW_MS } from './rules.ts';

/** An account, all doubles: a whole number beyond 32 bits is exact in one. */
const CASH = 0;
const PROMISED = 1;
const POSITION_MAX = 2;
const ORDER_TO_TRADE_MAX = 3;
const ORDERS = 4;
const TRADES = 5;
/** How many orders were ever counted, plus one; 0 for no account. The last ten instants stand behind in a ring. */
const COUNTED = 6;
const RECENT = 7;
const STRIDE = RECENT + ORDER_RATE_MAX;

/** A position of an owner in an instrument, by its handle; 0 is none. Its key is both in one number. */
const HELD = 0;
const BUYING = 1;
const SELLING = 2;
const KEY = 3;
const POSITION_STRIDE = 4;
const KEY_BASE = 65_536;

export class Accounts {
  #accounts = new Float64Array(STRIDE * 256);
  #positions = new Float64Array(POSITION_STRIDE * 256);
  /** Where the account of each position lies. */
  #accountAt = new Int32Array(256);
  #positionsUsed = 1;
  /** Open addressing by owner and instrument; positions are never removed. */
  #slots = new Int32Array(1_024);
  #cashTotal = 0;
  #sharesTotal = 0;

  /** The position's handle, made when there is none. */
  position(owner: number, instrument: number): number {
    const key = owner * KEY_BASE + instrument;
    const mask = this.#slots.length - 1;
    let slot = homeOf(owner, instrument) & mask;
    for (;;) {
      const found = this.#slots[slot] as number;
      if (found === 0) return this.#addPosition(key, slot);
      if (this.#positions[found * POSITION_STRIDE + KEY] === key) return found;
      slot = (slot + 1) & mask;
    }
  }

  /** The rungs that look at the account, in their order; quantity and cash are what is asked beyond what is promised. */
  refusal(position: number, isBuy: boolean, quantity: number, cash: number, at: number): RefusalCode | null {
    const account = this.#accountOf(position);
    const accounts = this.#accounts;
    if (account >= accounts.length || accounts[account + COUNTED] === 0) return 'ACCOUNT_UNKNOWN';
    const positions = this.#positions;
    const place = position * POSITION_STRIDE;
    const held = positions[place + HELD] as number;
    if (isBuy) {
      if (cash > (accounts[account + CASH] as number) - (accounts[account + PROMISED] as number))
        return 'FUNDS_INSUFFICIENT';
      const after = held + (positions[place + BUYING] as number) + quantity;
      if (quantity > 0 && after > (accounts[account + POSITION_MAX] as number))
        return 'POSITION_LIMIT_EXCEEDED';
    } else if (quantity > held - (positions[place + SELLING] as number)) {
      return 'HOLDINGS_INSUFFICIENT';
    }
    const counted = this.#countedOf(account);
    if (counted >= ORDER_RATE_MAX) {
      const oldest = accounts[account + RECENT + (counted % ORDER_RATE_MAX)] as number;
      if (at < oldest + ORDER_RATE_WINDOW_MS) return 'ORDER_RATE_EXCEEDED';
    }
    const trades = Math.max(accounts[account + TRADES] as number, 1);
    const ordersMax = (accounts[account + ORDER_TO_TRADE_MAX] as number) * trades;
    return (accounts[account + ORDERS] as number) + 1 > ordersMax ? 'ORDER_TO_TRADE_EXCEEDED' : null;
  }

  /** An order was accepted or modified. */
  count(position: number, at: number): void {
    const account = this.#accountOf(position);
    const counted = this.#countedOf(account);
    this.#accounts[account + RECENT + (counted % ORDER_RATE_MAX)] = at;
    this.#add(account + COUNTED, 1);
    this.#add(account + ORDERS, 1);
  }

  /** An order promises more, or less: `cash` for a purchase, shares in any case. */
  promise(position: number, isBuy: boolean, quantity: number, cash: number): void {
    const place = position * POSITION_STRIDE + (isBuy ? BUYING : SELLING);
    this.#positions[place] = (this.#positions[place] as number) + quantity;
    if (isBuy) this.#add(this.#accountOf(position) + PROMISED, cash);
  }

  /** Shares and cash change hands. What was promised for them is taken back separately. */
  settle(buyer: number, seller: number, price: number, quantity: number): void {
    this.#trade(buyer, -price * quantity, quantity);
    this.#trade(seller, price * quantity, -quantity);
  }

  /** Opens an account or adds to it. */
  fund(owner: number, cash: number, positionMax: number, orderToTradeMax: number): RefusalCode | null {
    const account = owner * STRIDE;
    const isOpen = this.#isOpen(owner);
    if (cash < 0 && (isOpen ? this.#free(account) : 0) + cash < 0) return 'FUNDS_INSUFFICIENT';
    if (this.#cashTotal + cash > BALANCE_MAX) return 'BALANCE_TOO_LARGE';
    if (account >= this.#accounts.length) {
      const wider = new Float64Array(STRIDE * Math.max(owner + 1, (2 * this.#accounts.length) / STRIDE));
      wider.set(this.#accounts);
      this.#accounts = wider;
    }
    if (!isOpen) this.#accounts[account + COUNTED] = 1;
    this.#add(account + CASH, cash);
    this.#accounts[account + POSITION_MAX] = positionMax;
    this.#accounts[account + ORDER_TO_TRADE_MAX] = orderToTradeMax;
    this.#cashTotal += cash;
    return null;
  }

  deposit(owner: number, instrument: number, quantity: number): RefusalCode | null {
    if (!this.#isOpen(owner)) return 'ACCOUNT_UNKNOWN';
    const place = this.position(owner, instrument) * POSITION_STRIDE;
    const held = this.#positions[place + HELD] as number;
    const free = held - (this.#positions[place + SELLING] as number);
    if (quantity < 0 && free + quantity < 0) return 'HOLDINGS_INSUFFICIENT';
    if (this.#sharesTotal + quantity > BALANCE_MAX) return 'BALANCE_TOO_LARGE';
    this.#positions[place + HELD] = held + quantity;
    this.#sharesTotal += quantity;
    return null;
  }

  startDay(): void {
    for (let account = 0; account < this.#accounts.length; account += STRIDE) {
      this.#accounts[account + ORDERS] = 0;
      this.#accounts[account + TRADES] = 0;
    }
  }

  cash(owner: number): number {
    return this.#accounts[owner * STRIDE + CASH] as number;
  }

  holding(owner: number, instrument: number): number {
    return this.#positions[this.position(owner, instrument) * POSITION_STRIDE + HELD] as number;
  }

  /** Throws when an account promises more than it has, or other than its open orders do, or when a sum has drifted. */
  check(
    positions: ReadonlyMap<number, { readonly buying: number; readonly selling: number }>,
    cashOf: ReadonlyMap<number, number>,
  ): void {
    let [cash, shares] = [0, 0];
    for (let account = 0; account < this.#accounts.length; account += STRIDE) {
      const owner = account / STRIDE;
      const promised = this.#accounts[account + PROMISED] as number;
      if (promised !== (cashOf.get(owner) ?? 0))
        throw new Error(`owner ${owner} has not promised ${promised}`);
      if (this.#free(account) < 0) throw new Error(`owner ${owner} promises more cash than there is`);
      cash += this.#accounts[account + CASH] as number;
    }
    for (let position = 1; position < this.#positionsUsed; position++) {
      const place = position * POSITION_STRIDE;
      const [held, buying, selling] = [HELD, BUYING, SELLING].map((at) => this.#positions[place + at] ?? 0);
      const sums = positions.get(position) ?? { buying: 0, selling: 0 };
      const name = `owner ${this.#ownerOf(position)} in instrument ${this.#instrumentOf(position)}`;
      if (buying !== sums.buying || selling !== sums.selling)
        throw new Error(`${name} has not promised what its orders say`);
      if ((held ?? 0) < (selling ?? 0)) throw new Error(`${name} promises more shares than there are`);
      shares += held ?? 0;
    }
    if (cash !== this.#cashTotal || shares !== this.#sharesTotal)
      throw new Error('cash or shares were made, or lost');
  }

  accountStates(): AccountState[] {
    const states: AccountState[] = [];
    for (let owner = 0; owner * STRIDE < this.#accounts.length; owner++) {
      if (!this.#isOpen(owner)) continue;
      const account = owner * STRIDE;
      const field = (at: number): number => this.#accounts[account + at] as number;
      const counted = this.#countedOf(account);
      const recent = Array.from({ length: Math.min(counted, ORDER_RATE_MAX) }, (_, index) =>
        field(RECENT + ((Math.max(counted - ORDER_RATE_MAX, 0) + index) % ORDER_RATE_MAX)),
      );
      states.push({
        owner,
        cash: field(CASH),
        positionMax: field(POSITION_MAX),
        orderToTradeMax: field(ORDER_TO_TRADE_MAX),
        orders: field(ORDERS),
        trades: field(TRADES),
        recent,
      });
    }
    return states;
  }

  holdingStates(): HoldingState[] {
    const states: HoldingState[] = [];
    for (let position = 1; position < this.#positionsUsed; position++) {
      const [owner, instrument] = [this.#ownerOf(position), this.#instrumentOf(position)];
      const quantity = this.#positions[position * POSITION_STRIDE + HELD] as number;
      if (quantity !== 0) states.push({ owner, instrument, quantity });
    }
    return states.sort((a, b) => a.owner - b.owner || a.instrument - b.instrument);
  }

  restore(accounts: readonly AccountState[], holdings: readonly HoldingState[]): void {
    for (const { owner, cash, positionMax, orderToTradeMax, orders, trades, recent } of accounts) {
      this.fund(owner, cash, positionMax, orderToTradeMax);
      const account = owner * STRIDE;
      this.#accounts.set(recent, account + RECENT);
      this.#accounts[account + COUNTED] = recent.length + 1;
      this.#accounts[account + ORDERS] = orders;
      this.#accounts[account + TRADES] = trades;
    }
    for (const { owner, instrument, quantity } of holdings) this.deposit(owner, instrument, quantity);
  }

  #isOpen(owner: number): boolean {
    const account = owner * STRIDE;
    return account < this.#accounts.length && this.#accounts[account + COUNTED] !== 0;
  }

  /** As a whole number of 32 bits: the remainder of a double is slow to take. */
  #countedOf(account: number): number {
    return ((this.#accounts[account + COUNTED] as number) - 1) | 0;
  }

  #free(account: number): number {
    return (this.#accounts[account + CASH] as number) - (this.#accounts[account + PROMISED] as number);
  }

  #accountOf(position: number): number {
    return this.#accountAt[position] as number;
  }

  #ownerOf(position: number): number {
    return Math.floor((this.#positions[position * POSITION_STRIDE + KEY] as number) / KEY_BASE);
  }

  #instrumentOf(position: number): number {
    return (this.#positions[position * POSITION_STRIDE + KEY] as number) % KEY_BASE;
  }

  #trade(position: number, cash: number, quantity: number): void {
    const account = this.#accountOf(position);
    this.#add(account + CASH, cash);
    this.#add(account + TRADES, 1);
    const place = position * POSITION_STRIDE + HELD;
    this.#positions[place] = (this.#positions[place] as number) + quantity;
  }

  #add(at: number, value: number): void {
    this.#accounts[at] = (this.#accounts[at] as number) + value;
  }

  #addPosition(key: number, slot: number): number {
    const position = this.#positionsUsed;
    this.#positionsUsed += 1;
    const place = position * POSITION_STRIDE;
    if (place === this.#positions.length) {
      const positions = new Float64Array(2 * this.#positions.length);
      positions.set(this.#positions);
      this.#positions = positions;
      const accountAt = new Int32Array(2 * position);
      accountAt.set(this.#accountAt);
      this.#accountAt = accountAt;
    }
    this.#positions[place + KEY] = key;
    this.#accountAt[position] = this.#ownerOf(position) * STRIDE;
    this.#slots[slot] = position;
    if (2 * this.#positionsUsed > this.#slots.length) this.#growSlots();
    return position;
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let position = 1; position < this.#positionsUsed; position++) {
      let slot = homeOf(this.#ownerOf(position), this.#instrumentOf(position)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = position;
    }
    this.#slots = slots;
  }
}

function homeOf(owner: number, instrument: number): number {
  const mixed = Math.imul(owner, 0x9e3779b1) ^ Math.imul(instrument, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
