/** Some hundreds of orders at a broker that does everything wrong at once; in the end we know what is true. */
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { isSettled, statusOf, type VenueOrder } from '../../domain/broker/order.ts';
import { createRandom, type Random } from '../../domain/random.ts';
import { FAULT_NAMES, type Fault } from '../../testing/kite/faults.ts';
import { Scene, ticket } from '../../testing/kite/scene.ts';
import type { TrueOrder } from '../../testing/kite/truth.ts';

const STEPS = 1_200;
/** After so many the venue is stopped in the middle of things, and another takes up what was kept. */
const RESTART_STEPS = 300;
const RATES = {
  ...(Object.fromEntries(FAULT_NAMES.map((fault) => [fault, 0.08])) as Record<Fault, number>),
  SILENT_SOCKET: 0.02,
  DROPPED_CONNECTION: 0.03,
  REFUSED_CONNECTION: 0.3,
  HUNG_UP: 0.3,
  LATE_FILL: 0.5,
  MISSING_TRADE: 0.2,
};
const STATUSES = {
  OPEN: 'OPEN',
  'TRIGGER PENDING': 'TRIGGER_PENDING',
  COMPLETE: 'FILLED',
  CANCELLED: 'CANCELLED',
  REJECTED: 'REJECTED',
};

const seen = new Set<Fault>();

function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random.uniform() * items.length)];
}

/** One thing that somebody does: a client, or the market. */
function act(scene: Scene, random: Random): Promise<unknown> | undefined {
  const dice = random.uniform();
  const { venue, standIn } = scene;
  if (dice < 0.45) {
    const price = 1_400_00n + BigInt(Math.floor(random.uniform() * 100)) * 5n;
    const symbol = pick(['INFY', 'SBIN', 'BSE:SBIN'], random) ?? 'INFY';
    const side = pick(['BUY', 'SELL'] as const, random) ?? 'BUY';
    const product = pick(['CNC', 'MIS'] as const, random) ?? 'CNC';
    const quantity = BigInt(1 + Math.floor(random.uniform() * 200));
    const isMarket = random.uniform() < 0.3;
    const kind = isMarket ? { type: 'MARKET' as const, limitPrice: null } : { limitPrice: price };
    return venue.place(newId(), ticket({ symbol, side, product, quantity, ...kind }));
  }
  if (dice < 0.6) {
    const order = pick(
      venue.orders().filter((each) => !isSettled(each) || random.uniform() < 0.1),
      random,
    );
    if (!order) return undefined;
    if (dice < 0.52) return venue.cancel(order.id);
    const { limitPrice, quantity } = order.terms;
    if (limitPrice === null) return undefined;
    return venue.modify(order.id, { limitPrice: limitPrice + 5n, quantity: quantity + 1n });
  }
  const living = standIn.truth.orders.filter(({ status }) => status === 'OPEN');
  const order = pick(living, random);
  if (!order) return undefined;
  if (dice < 0.63) standIn.reject(order, 'The exchange said no.');
  else fillSome(scene, order, random);
  return undefined;
}

function fillSome({ standIn }: Scene, order: TrueOrder, random: Random): void {
  const left = order.quantity - order.filled;
  const quantity = random.uniform() < 0.5 ? left : 1 + Math.floor(random.uniform() * left);
  standIn.fill(order, quantity, order.price > 0n ? order.price : 1_450_00n);
}

describe('a broker that does everything wrong at once', () => {
  it.each(['one', 'two', 'three', 'four'])(
    'loses, doubles and cancels nothing (seed %s)',
    async (seed) => {
      const scene = await Scene.connected({ seed, standIn: { lateMs: 12_000 } });
      const random = createRandom(`${seed} market`);
      scene.standIn.faults.setRates(RATES);
      const answers: Promise<unknown>[] = [];
      let isAllAnswered = false;
      for (let step = 0; step < STEPS; step++) {
        const answer = act(scene, random);
        if (answer) answers.push(answer);
        await scene.pass(Math.floor(random.uniform() * 600));
        if (step % RESTART_STEPS === RESTART_STEPS - 1) await scene.restart();
      }
      scene.standIn.faults.calm();
      void Promise.all(answers).then(() => (isAllAnswered = true));
      await scene.until(() => isAllAnswered, 100);
      const { venue, standIn, journal } = scene;
      const isCertain = (order: VenueOrder): boolean =>
        order.doubt === null &&
        order.fills.reduce((sum, fill) => sum + fill.quantity, 0n) === order.filledQuantity;
      // What the broker does late is done by then.
      scene.time.advance(20_000);
      await scene.until(() => venue.state === 'CONNECTED' && venue.orders().every(isCertain), 100);
      expect(await scene.outcome(venue.reconcile())).toBe(true);

      const placed = venue.orders().filter(({ venueOrderId }) => venueOrderId !== null);
      const believed = placed.map((order) => ({
        id: order.venueOrderId,
        status: statusOf(order),
        quantity: order.terms.quantity,
        price: order.terms.limitPrice ?? 0n,
        filled: order.filledQuantity,
      }));
      const truth = standIn.truth.orders.map((order) => ({
        id: order.orderId,
        status: STATUSES[order.status],
        quantity: BigInt(order.quantity),
        price: order.price,
        filled: BigInt(order.filled),
      }));
      expect(byId(believed)).toEqual(byId(truth));
      expect(truth.length).toBeGreaterThan(50);
      expect(new Set(standIn.truth.orders.map(({ tag }) => tag)).size).toBe(truth.length);
      const never = venue.orders().filter(({ venueOrderId }) => venueOrderId === null);
      expect(never.filter(({ status }) => status !== 'NOT_PLACED')).toEqual([]);

      const told = journal.happenings.flatMap(({ order, fill }) =>
        fill ? [`${order.venueOrderId} ${fill.tradeId} ${fill.quantity} ${fill.price}`] : [],
      );
      const traded = standIn.truth.trades.map(
        ({ order, tradeId, quantity, price }) => `${order.orderId} ${tradeId} ${quantity} ${price}`,
      );
      expect(told.sort()).toEqual(traded.sort());

      const cancelled = new Set(
        journal.happenings.filter(({ kind }) => kind === 'CANCELLED').map(({ order }) => order.tag),
      );
      const wasCancelled = (tag: string): boolean =>
        standIn.truth.orders.some((order) => order.tag === tag && order.cancelledAtMs !== null);
      expect([...cancelled].filter((tag) => !wasCancelled(tag))).toEqual([]);
      const ended = placed.filter(isSettled).length;
      expect(ended).toBe(truth.filter(({ status }) => status !== 'OPEN').length);

      const positions = new Map<string, bigint>();
      for (const {
        ticket: { symbol, product, side },
        fills,
      } of placed) {
        for (const { quantity } of fills) {
          const key = `${product} ${symbol}`;
          positions.set(key, (positions.get(key) ?? 0n) + (side === 'BUY' ? quantity : -quantity));
        }
      }
      const report = await scene.outcome(venue.report());
      expect(
        new Map(report?.positions.map(({ product, symbol, quantity }) => [`${product} ${symbol}`, quantity])),
      ).toEqual(positions);
      for (const fault of standIn.faults.counts.keys()) seen.add(fault);
      expect((await Promise.all(answers)).filter(isRefusal).length).toBeLessThan(answers.length);
      await scene.close();
    },
    60_000,
  );

  it('did everything wrong', () => {
    expect(FAULT_NAMES.filter((fault) => !seen.has(fault))).toEqual([]);
  });
});

function byId<T extends { readonly id: string | null }>(orders: readonly T[]): T[] {
  return [...orders].sort((one, other) => (one.id ?? '').localeCompare(other.id ?? ''));
}
