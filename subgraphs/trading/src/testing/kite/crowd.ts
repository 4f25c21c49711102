/** The other participants at the stand-in: they move its prices, and trade with whoever offers as much as they ask. */
import type { Random } from '../../domain/random.ts';
import type { StandIn } from './stand-in.ts';
import type { TrueOrder } from './truth.ts';

const TICK = 5n;
const STEP_TICKS_MAX = 20;
/** Of what is left of an order, how often all of it trades at once. */
const WHOLE_SHARE = 0.6;

export class Crowd {
  constructor(
    private readonly standIn: StandIn,
    private readonly random: Random,
  ) {}

  /** Every price moves a little, and what it reaches trades at it. */
  trade(): void {
    for (const { name, lastPrice } of this.standIn.listings.all()) {
      const step = BigInt(Math.round((this.random.uniform() * 2 - 1) * STEP_TICKS_MAX)) * TICK;
      const price = lastPrice + step > TICK ? lastPrice + step : lastPrice;
      this.standIn.move(name, price, BigInt(1 + Math.floor(this.random.uniform() * 100)));
      this.#meet(name, price);
    }
  }

  #meet(name: string, price: bigint): void {
    for (const order of this.standIn.truth.orders) {
      if (`${order.exchange}:${order.tradingsymbol}` !== name) continue;
      if (order.status === 'TRIGGER PENDING' && isReached(order, price)) this.standIn.trigger(order);
      if (order.status !== 'OPEN' || !isMarketable(order, price)) continue;
      const left = order.quantity - order.filled;
      const isWhole = this.random.uniform() < WHOLE_SHARE;
      this.standIn.fill(order, isWhole ? left : 1 + Math.floor(this.random.uniform() * left), price);
    }
  }
}

/** Whether a stop's price has come. */
function isReached({ side, triggerPrice }: TrueOrder, price: bigint): boolean {
  return side === 'BUY' ? price >= triggerPrice : price <= triggerPrice;
}

/** Whether an order takes this price; one without a limit takes any. */
function isMarketable({ side, price: limit }: TrueOrder, price: bigint): boolean {
  return limit === 0n || (side === 'BUY' ? price <= limit : price >= limit);
}
