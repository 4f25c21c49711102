import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../random.ts';
import { marginOf } from '../margin.ts';
import type { Product, Side } from '../order.ts';
import { NOTHING as NO_UNITS, applyFill, type Holding } from '../position.ts';
import type { Command, PlaceOrder, Terms } from './command.ts';
import { Oms } from './oms.ts';
import { digestOf, type Outcome } from './outcome.ts';
import { hashOfOms, type OmsState } from './state.ts';

const MORNING = Date.UTC(2026, 0, 5, 4, 0, 0);
const TERMS: Terms = {
  ...{ exchange: 'NSE', kind: 'EQUITY', currency: 'INR', tickSize: 1, lotSize: 1 },
  ...{ lower: 5_000, upper: 15_000, marginBps: 2_000 },
};
const BPS = 2_000n;
const LAST = 10_000;

interface Wallet {
  available: bigint;
  margin: bigint;
  dues: bigint;
  /** By order. */
  readonly held: Map<string, bigint>;
  readonly positions: Map<string, Holding>;
}

/** The exchange, and beside it what a ledger makes of what it tells: charges of a thousandth, taken when an order ends. */
class Stage {
  readonly journal: { readonly command: Command; readonly digest: string }[] = [];
  readonly wallets = new Map<string, Wallet>();
  readonly house = { clearing: 0n, funding: 0n, charges: 0n, putIn: 0n };
  at = MORNING;
  #ids = 0;

  constructor(public oms = new Oms()) {}

  execute(command: Command): Outcome | string {
    const { outcome, steps } = this.oms.decide(command);
    for (const step of steps) this.journal.push({ command: step.command, digest: digestOf(step.outcome) });
    if (isRefusal(outcome)) return outcome.code;
    this.#mirror(outcome);
    return outcome;
  }

  open(
    userId: string,
    cash: number,
    stock: [symbol: string, product: Product, quantity: number][] = [],
  ): void {
    this.wallets.set(userId, {
      ...{ available: BigInt(cash), margin: 0n, dues: 0n, held: new Map(), positions: new Map() },
    });
    this.house.putIn -= BigInt(cash);
    this.execute({
      ...{ kind: 'open', at: this.at, userId, tenantId: 'T', buyingPower: cash, sequence: 0 },
      stock: stock.map(([symbol, product, quantity]) => [symbol, product, quantity, 0] as const),
    });
  }

  place(
    userId: string,
    side: Side,
    price: number | null,
    quantity: number,
    { terms = TERMS, ...more }: Partial<PlaceOrder> & { readonly terms?: Terms } = {},
  ): Outcome | string {
    const symbol = more.symbol ?? 'S';
    this.oms.list(symbol, terms, LAST);
    // Nobody is too quick here.
    this.at += 1_000;
    return this.execute({
      ...{ kind: 'place', at: this.at, id: this.id(), sequence: this.oms.sequence, userId, symbol, side },
      ...{ clientOrderId: `c-${this.#ids}`, type: price === null ? 'MARKET' : 'LIMIT', product: 'MIS' },
      ...{ validity: 'DAY', quantity, limitPrice: price },
      ...more,
    });
  }

  quote(bid: number | null, ask: number | null, symbol = 'S'): void {
    this.oms.list(symbol, TERMS, LAST);
    const about = { at: this.at, id: this.id(), sequence: this.oms.sequence, symbol };
    const bids = bid === null ? [] : [[bid, 10_000] as const];
    const asks = ask === null ? [] : [[ask, 10_000] as const];
    const command = { kind: 'quote', ...about, bids, asks } as const;
    if (this.oms.reachesUser(command)) this.execute(command);
    else this.oms.move(command);
  }

  /** What the exchange does when a price has cost somebody too much. */
  callMargins(symbol = 'S'): number {
    const called = this.oms.marginCalls(symbol);
    for (const userId of called) {
      for (const { id: orderId, product } of this.oms.ordersOf(userId, { symbol: null, side: null }))
        if (product === 'MIS')
          this.execute({ kind: 'cancel', at: this.at, userId, orderId, reason: 'SQUARE_OFF' });
      for (const { symbol: of, quantity } of this.oms.marginedPositionsOf(userId))
        this.place(userId, quantity > 0n ? 'SELL' : 'BUY', null, Math.abs(Number(quantity)), {
          ...{ symbol: of, origin: 'SQUARE_OFF', isSliced: true },
        });
    }
    return called.length;
  }

  credit(userId: string, amount: bigint): void {
    this.wallet(userId).available += amount;
    const credits = [{ eventId: this.id(), userId, amount: Number(amount) }];
    this.execute({ kind: 'credit', at: this.at, credits });
  }

  wallet(userId: string): Wallet {
    const wallet = this.wallets.get(userId);
    if (!wallet) throw new Error(`there is no wallet of ${userId}`);
    return wallet;
  }

  id(): string {
    this.#ids += 1;
    return `01900000-0000-7000-8000-${(this.#ids * 1_000).toString(16).padStart(12, '0')}`;
  }

  #mirror({ happenings, margins }: Outcome): void {
    const ended: [userId: string, amount: bigint][] = [];
    for (const { userId, ...move } of margins) this.#move(this.wallet(userId), move);
    for (const { kind, order, fill, change, margin } of happenings) {
      const wallet = this.wallet(order.userId);
      const heldBefore = wallet.held.get(order.id) ?? 0n;
      if (margin) this.#move(wallet, margin);
      const promised = kind === 'CREATED' ? order.hold : (change?.cash ?? 0n);
      if (promised > 0n) wallet.available -= promised;
      else if (promised < 0n) ended.push([order.userId, -promised]);
      let held = heldBefore + promised;
      if (fill) {
        const value = fill.price * fill.quantity * (order.side === 'BUY' ? 1n : -1n);
        this.house.clearing += value;
        if (margin) this.house.funding -= value;
        else held -= value;
        const key = `${order.symbol} ${order.product}`;
        const position = wallet.positions.get(key) ?? NO_UNITS;
        wallet.positions.set(key, applyFill(position, order.side, fill.price, fill.quantity));
      }
      if (order.status === 'FILLED' || order.status === 'CANCELLED') {
        const charges = order.turnover / 1_000n;
        this.house.charges += charges;
        ended.push([order.userId, held - charges]);
        held = 0n;
      }
      expect(held >= 0n).toBe(true);
      wallet.held.set(order.id, held);
      this.#expectSound(wallet);
    }
    for (const [userId, amount] of ended) if (amount > 0n) this.credit(userId, amount);
  }

  #move(
    wallet: Wallet,
    { margin, dues, realised }: { readonly margin: bigint; readonly dues: bigint; readonly realised: bigint },
  ): void {
    wallet.margin += margin;
    wallet.dues += dues;
    wallet.available += realised + dues - margin;
    this.house.funding -= realised;
    this.#expectSound(wallet);
  }

  #expectSound({ available, margin, dues }: Wallet): void {
    expect([available >= 0n, margin >= 0n, dues >= 0n]).toEqual([true, true, true]);
  }
}

/** What holds after every command. */
function expectConserved(stage: Stage): void {
  const { clearing, funding, charges, putIn } = stage.house;
  let all = clearing + funding + charges + putIn;
  let marginedCost = 0n;
  for (const [userId, wallet] of stage.wallets) {
    const account = stage.oms.state().accounts.find((each) => each.userId === userId);
    const margins = account?.margins;
    const { available, margin, dues } = wallet;
    expect([account?.buyingPower, margins?.margin ?? 0, margins?.dues ?? 0].map(Number)).toEqual(
      [available, margin, dues].map(Number),
    );
    for (const held of wallet.held.values()) all += held;
    all += available + margin - dues;
    let required = 0n;
    for (const [key, { quantity, cost }] of wallet.positions) {
      const [symbol = '', product] = key.split(' ');
      if (product !== 'MIS') continue;
      marginedCost += cost;
      required += marginOf(cost < 0n ? -cost : cost, BPS);
      const kept = margins?.positions.find(([of]) => of === symbol);
      expect([kept?.[1] ?? 0, kept?.[2] ?? 0]).toEqual([Number(quantity), Number(cost)]);
    }
    const isOrdered = (margins?.orders.length ?? 0) > 0;
    // Where orders wait, more is held for them; less than all of it, where nothing is left.
    if (!isOrdered) expect(margin === required || (margin < required && available === 0n)).toBe(true);
    else expect(margin >= required || available === 0n).toBe(true);
    if (dues > 0n) expect([available, margin]).toEqual([0n, 0n]);
  }
  expect(all).toBe(0n);
  expect(funding).toBe(-marginedCost);
}

function replay(journal: Stage['journal'], state?: OmsState): Oms {
  const oms = new Oms(state);
  for (const { command, digest } of journal) {
    const outcome = oms.apply(command);
    expect(isRefusal(outcome) || digestOf(outcome)).toBe(digest);
  }
  return oms;
}

describe('a position of the day', () => {
  it('holds a fifth of what it cost, and gives back what it brought', () => {
    const stage = new Stage();
    stage.open('ann', 1_000_000);
    stage.quote(9_990, 10_000);
    stage.place('ann', 'BUY', 10_000, 100);
    // 1,000,000 at 20 %; charges of 0.1 %.
    expect(stage.wallet('ann')).toMatchObject({ available: 799_000n, margin: 200_000n });
    stage.quote(11_000, 11_010);
    stage.place('ann', 'SELL', 11_000, 40);
    expect(stage.wallet('ann')).toMatchObject({
      available: 799_000n + 80_000n + 40_000n - 440n,
      margin: 120_000n,
    });
    expectConserved(stage);
  });

  it('may be sold first, and holds the same', () => {
    const stage = new Stage();
    stage.open('ann', 1_000_000);
    stage.quote(11_000, 11_010);
    stage.place('ann', 'SELL', 11_000, 100);
    expect(stage.wallet('ann')).toMatchObject({
      available: 1_000_000n - 220_000n - 1_100n,
      margin: 220_000n,
    });
    stage.quote(9_990, 10_000);
    stage.place('ann', 'BUY', null, 100);
    expect(stage.wallet('ann')).toMatchObject({
      available: 1_000_000n - 1_100n - 1_000n + 100_000n,
      margin: 0n,
    });
    expectConserved(stage);
  });

  it('is held for at the worst price while its order waits, and only once for both directions', () => {
    const stage = new Stage();
    stage.open('ann', 1_000_000);
    stage.place('ann', 'BUY', 9_000, 100);
    expect(stage.wallet('ann').margin).toBe(180_000n);
    // A sale may trade as high as the band ends.
    stage.place('ann', 'SELL', 12_000, 70);
    expect(stage.wallet('ann').margin).toBe(210_000n);
    stage.place('ann', 'SELL', 12_000, 1_000);
    expect(stage.wallet('ann').margin).toBe(210_000n);
    expectConserved(stage);
  });

  it('is closed by an order for its charges alone, and these come out of the margin where nothing else is left', () => {
    const stage = new Stage();
    stage.open('ann', 205_200);
    stage.quote(9_990, 10_000);
    stage.place('ann', 'BUY', 10_000, 100);
    expect(stage.wallet('ann').margin).toBe(200_000n);
    stage.open('bob', 1_000_000);
    stage.execute({
      kind: 'withdrawal',
      step: 'RELEASE',
      at: stage.at,
      id: 'w',
      userId: 'ann',
      amount: 4_000,
    });
    stage.wallet('ann').available -= 4_000n;
    stage.house.putIn += 4_000n;
    expect(stage.place('ann', 'SELL', 12_000, 101)).toBe('FUNDS_INSUFFICIENT');
    expect(typeof stage.place('ann', 'SELL', 12_000, 100)).toBe('object');
    expect(stage.wallet('ann').available).toBe(0n);
    expect(stage.wallet('ann').margin < 200_000n).toBe(true);
    expectConserved(stage);
  });

  it('is not closed twice: what another order closes already is opened by the next one', () => {
    const stage = new Stage();
    stage.open('ann', 215_000);
    stage.quote(9_990, 10_000);
    stage.place('ann', 'BUY', 10_000, 100);
    expect(typeof stage.place('ann', 'SELL', 12_000, 60)).toBe('object');
    const amount = Number(stage.wallet('ann').available);
    stage.execute({ kind: 'withdrawal', step: 'RELEASE', at: stage.at, id: 'w', userId: 'ann', amount });
    expect(stage.place('ann', 'SELL', 12_000, 41)).toBe('FUNDS_INSUFFICIENT');
    expect(typeof stage.place('ann', 'SELL', 12_000, 40)).toBe('object');
  });

  it('that lost four fifths of its margin is called; what is lost beyond everything is owed and paid off first', () => {
    const stage = new Stage();
    stage.open('ann', 310_000, [['S', 'CNC', 5]]);
    stage.quote(9_990, 10_000);
    stage.place('ann', 'SELL', 9_990, 100);
    expect(stage.callMargins()).toBe(0);
    // A gap: nobody trades in between.
    stage.quote(13_990, 14_000);
    stage.open('bob', 10_000_000);
    stage.place('bob', 'BUY', 14_000, 1, { product: 'CNC' });
    expect(stage.callMargins()).toBe(1);
    // 4,010 lost on each of 100, and charges, of 310,000.
    const dues = 401_000n + 999n + 1_400n - 310_000n;
    expect(stage.wallet('ann')).toMatchObject({ available: 0n, margin: 0n, dues });
    expectConserved(stage);
    expect(stage.place('ann', 'BUY', 5_000, 1)).toBe('DUES_OUTSTANDING');
    expect(stage.place('ann', 'BUY', 5_000, 1, { product: 'CNC' })).toBe('DUES_OUTSTANDING');
    expect(typeof stage.place('ann', 'SELL', 13_990, 5, { product: 'CNC' })).toBe('object');
    expect(stage.wallet('ann').dues).toBe(dues - 5n * 13_990n + 69n);
    stage.house.putIn -= 100_000n;
    stage.credit('ann', 100_000n);
    expect(stage.wallet('ann').dues).toBe(0n);
    expectConserved(stage);
    expect(typeof stage.place('ann', 'BUY', 5_000, 1)).toBe('object');
    expect(hashOfOms(replay(stage.journal).state())).toBe(hashOfOms(stage.oms.state()));
  });

  it('that was paid for before there was margin is sold like other shares', () => {
    const before: Terms = { ...TERMS, marginBps: undefined };
    const stage = new Stage();
    stage.open('ann', 2_000_000);
    stage.quote(9_990, 10_000);
    expect(stage.place('ann', 'SELL', 9_990, 1, { terms: before })).toBe('HOLDINGS_INSUFFICIENT');
    stage.place('ann', 'BUY', 10_000, 100, { terms: before });
    stage.place('ann', 'BUY', 9_000, 10, { terms: before });
    expect(stage.wallet('ann')).toMatchObject({ margin: 0n, available: 2_000_000n - 1_001_000n - 90_650n });
    // The order that was open stays as it was placed.
    stage.quote(8_990, 9_000);
    expect(stage.wallet('ann').margin).toBe(0n);
    // A position under margin beside it is closed first, and alone when it is called.
    stage.place('ann', 'BUY', 9_000, 5);
    expect(stage.oms.openPositions().map(({ quantity }) => quantity)).toEqual([110n, 5n]);
    expect(stage.oms.marginedPositionsOf('ann')).toMatchObject([{ quantity: 5n }]);
    stage.place('ann', 'SELL', 8_990, 5);
    expect(stage.oms.openPositions()).toMatchObject([{ quantity: 110n }]);
    stage.place('ann', 'SELL', 8_990, 110);
    expect([stage.wallet('ann').margin, stage.oms.openPositions()]).toEqual([0n, []]);
    expect(typeof stage.place('ann', 'SELL', 8_990, 1)).toBe('object');
    expect(stage.wallet('ann').margin).toBe(1_798n);
    expect(hashOfOms(replay(stage.journal).state())).toBe(hashOfOms(stage.oms.state()));
  });
});

describe('a position of the day of which units become others', () => {
  it.each([
    ['bought', 'BUY', 10_000, 1, 100_000n],
    ['sold first', 'SELL', 9_990, -1, -99_900n],
  ] as const)(
    'keeps its cost where it was %s; of which no unit is left, it is gone',
    (_, side, price, sign, cost) => {
      const stage = new Stage();
      stage.open('ann', 1_000_000);
      stage.quote(9_990, 10_000);
      stage.place('ann', side, price, 10);
      const positions = (): unknown => stage.oms.state().accounts[0]?.margins?.positions;
      const adjust = (exDate: string, splitFactor: string): Outcome | string =>
        stage.execute({ kind: 'adjust', at: stage.at, id: stage.id(), symbol: 'S', exDate, splitFactor });
      adjust('2026-01-06', '0.2');
      expect(positions()).toEqual([['S', sign * 50, Number(cost), 2_000]]);
      expect(adjust('2026-01-07', '100')).toMatchObject({
        stock: [{ symbol: 'S', product: 'MIS', quantity: 0n, cost: 0n, margin: 0n }],
        margins: [{ realised: -cost, dues: 0n }],
      });
      const { available, margin } = stage.wallet('ann');
      expect([available, margin, stage.house.funding]).toEqual([
        1_000_000n - cost - (side === 'BUY' ? 100n : 99n),
        0n,
        0n,
      ]);
    },
  );
});

describe('random orders, trades and falls of price', () => {
  const pick = <T>(all: readonly T[], random: Random): T =>
    all[Math.floor(random.uniform() * all.length)] as T;

  it.each([1, 2, 3, 4, 5, 6])('leave everything conserved, and are repeated exactly (seed %i)', (seed) => {
    const random = createRandom(`margins ${seed}`);
    const stage = new Stage();
    for (const userId of ['ann', 'bob', 'cy'])
      stage.open(userId, 300_000 + Math.floor(random.uniform() * 1_000_000), [['S', 'CNC', 50]]);
    let price = LAST;
    let middle: { readonly state: OmsState; readonly from: number } | undefined;
    const codes = new Set<string>();
    for (let turn = 0; turn < 400; turn += 1) {
      const symbol = pick(['S', 'T'], random);
      const userId = pick(['ann', 'bob', 'cy'], random);
      const kind = random.uniform();
      if (kind < 0.25) {
        price = Math.round(
          Math.min(
            14_900,
            Math.max(
              5_100,
              price *
                (random.uniform() < 0.1 ? 0.7 + random.uniform() * 0.6 : 0.98 + random.uniform() * 0.04),
            ),
          ),
        );
        stage.quote(price - 5, price + 5, symbol);
        stage.callMargins(symbol);
      } else if (kind < 0.85) {
        const limit =
          random.uniform() < 0.3
            ? null
            : Math.round(Math.min(15_000, Math.max(5_000, price * (0.97 + random.uniform() * 0.06))));
        const product = pick(['MIS', 'MIS', 'MIS', 'CNC'] as const, random);
        const outcome = stage.place(
          userId,
          pick(['BUY', 'SELL'], random),
          limit,
          1 + Math.floor(random.uniform() * 150),
          { symbol, product },
        );
        if (typeof outcome === 'string') codes.add(outcome);
      } else if (kind < 0.95) {
        const orders = stage.oms.ordersOf(userId, { symbol: null, side: null });
        if (orders.length > 0)
          stage.execute({
            kind: 'cancel',
            at: stage.at,
            userId,
            orderId: pick(orders, random).id,
            reason: 'USER',
          });
      } else {
        const [order] = stage.oms.ordersOf(userId, { symbol: null, side: null });
        if (order)
          stage.execute({
            ...{
              kind: 'modify',
              at: (stage.at += 1_000),
              id: stage.id(),
              sequence: stage.oms.sequence,
              userId,
            },
            ...{
              orderId: order.id,
              symbol: order.symbol,
              quantity: Number(order.filledQuantity) + 1 + Math.floor(random.uniform() * 100),
            },
            ...{ limitPrice: null, triggerPrice: null, displayQuantity: null },
          });
      }
      expectConserved(stage);
      if (turn === 200)
        middle = {
          state: JSON.parse(JSON.stringify(stage.oms.state())) as OmsState,
          from: stage.journal.length,
        };
    }
    expect(codes.has('FUNDS_INSUFFICIENT')).toBe(true);
    const hash = hashOfOms(stage.oms.state());
    expect(hashOfOms(replay(stage.journal).state())).toBe(hash);
    expect(hashOfOms(replay(stage.journal.slice(middle?.from), middle?.state).state())).toBe(hash);
  });
});
