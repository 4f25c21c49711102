/** What is true at the stand-in: its orders, trades and positions. It matches nothing: others say what trades. */
import { formatDecimal, parseDecimal } from '@gridworks/kit/money';

export interface TrueOrder {
  readonly orderId: string;
  readonly tag: string;
  readonly exchange: string;
  readonly tradingsymbol: string;
  readonly side: string;
  readonly orderType: string;
  readonly product: string;
  readonly validity: string;
  readonly placedAtMs: number;
  quantity: number;
  /** Paise; 0 for none. */
  price: bigint;
  /** Paise; 0 for none. */
  triggerPrice: bigint;
  status: 'OPEN' | 'TRIGGER PENDING' | 'COMPLETE' | 'CANCELLED' | 'REJECTED';
  message: string | null;
  filled: number;
  /** Paise: price times quantity, summed over the trades. */
  turnover: bigint;
  updatedAtMs: number;
  /** Null unless it was cancelled, whatever traded after that. */
  cancelledAtMs: number | null;
}

export interface TrueTrade {
  readonly tradeId: string;
  readonly order: TrueOrder;
  readonly price: bigint;
  readonly quantity: number;
  readonly atMs: number;
}

/** What Kite answers when it refuses. */
export class KiteError {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly message: string,
  ) {}
}

type Form = URLSearchParams;

/** What one order may be worth at most, paise: ten crore rupees. */
const FUNDS = 10_00_00_000_00n;

export class Truth {
  readonly orders: TrueOrder[] = [];
  readonly trades: TrueTrade[] = [];
  /** Orders that no list has, though there are answers about each of them. */
  readonly unlisted = new Set<TrueOrder>();

  #count = 0;
  #tradeCount = 0;

  place(form: Form, nowMs: number): TrueOrder | KiteError {
    const quantity = Number(form.get('quantity'));
    const price = paise(form.get('price'));
    const triggerPrice = paise(form.get('trigger_price'));
    if (!Number.isInteger(quantity) || quantity < 1 || price === undefined || triggerPrice === undefined) {
      return new KiteError(400, 'InputException', 'Invalid `quantity` or `price`.');
    }
    const orderType = form.get('order_type') ?? '';
    if (orderType.startsWith('SL') !== triggerPrice > 0n || /^(LIMIT|SL)$/.test(orderType) !== price > 0n) {
      return new KiteError(400, 'InputException', 'The price does not go with the type of the order.');
    }
    if (price * BigInt(quantity) > FUNDS) {
      const needed = formatDecimal(price * BigInt(quantity));
      const message = `Insufficient funds. Required margin is ${needed} but available margin is ${formatDecimal(FUNDS)}. Check the orderbook for open orders.`;
      return new KiteError(400, 'MarginException', message);
    }
    this.#count += 1;
    const order: TrueOrder = {
      orderId: `26112200${String(this.#count).padStart(7, '0')}`,
      tag: form.get('tag') ?? '',
      exchange: form.get('exchange') ?? '',
      tradingsymbol: form.get('tradingsymbol') ?? '',
      side: form.get('transaction_type') ?? '',
      orderType,
      product: form.get('product') ?? '',
      validity: form.get('validity') ?? '',
      placedAtMs: nowMs,
      quantity,
      price,
      triggerPrice,
      status: triggerPrice > 0n ? 'TRIGGER PENDING' : 'OPEN',
      message: null,
      filled: 0,
      turnover: 0n,
      updatedAtMs: nowMs,
      cancelledAtMs: null,
    };
    this.orders.push(order);
    return order;
  }

  modify(orderId: string, form: Form, nowMs: number): TrueOrder | KiteError {
    const order = this.#living(orderId);
    if (order instanceof KiteError) return order;
    const quantity = Number(form.get('quantity') ?? order.quantity);
    if (!Number.isInteger(quantity) || quantity <= order.filled) {
      return new KiteError(400, 'InputException', 'Invalid `quantity`.');
    }
    order.quantity = quantity;
    order.price = paise(form.get('price')) ?? order.price;
    order.triggerPrice = paise(form.get('trigger_price')) ?? order.triggerPrice;
    order.updatedAtMs = nowMs;
    return order;
  }

  cancel(orderId: string, nowMs: number): TrueOrder | KiteError {
    const order = this.#living(orderId);
    if (order instanceof KiteError) return order;
    order.status = 'CANCELLED';
    order.cancelledAtMs = nowMs;
    order.updatedAtMs = nowMs;
    return order;
  }

  reject(order: TrueOrder, message: string, nowMs: number): void {
    order.status = 'REJECTED';
    order.message = message;
    order.updatedAtMs = nowMs;
  }

  /** Over night a broker forgets an order and its trades. */
  forget(order: TrueOrder): void {
    this.orders.splice(this.orders.indexOf(order), 1);
    this.trades.splice(0, Infinity, ...this.trades.filter((trade) => trade.order !== order));
  }

  /** A stop order's price was reached. */
  trigger(order: TrueOrder, nowMs: number): void {
    order.status = 'OPEN';
    order.updatedAtMs = nowMs;
  }

  /** Part of an order trades; also of one that was cancelled, for that is what a late fill is. */
  fill(order: TrueOrder, quantity: number, price: bigint, nowMs: number): void {
    if (quantity < 1 || quantity > order.quantity - order.filled) throw new Error('more than is left');
    order.filled += quantity;
    order.turnover += price * BigInt(quantity);
    order.updatedAtMs = nowMs;
    if (order.filled === order.quantity) order.status = 'COMPLETE';
    this.#tradeCount += 1;
    const tradeId = String(70_000_000 + this.#tradeCount);
    this.trades.push({ tradeId, order, price, quantity, atMs: nowMs });
  }

  /** Bought less sold, by product, exchange and symbol. */
  positions(): { product: string; exchange: string; tradingsymbol: string; quantity: number }[] {
    const positions = new Map<string, ReturnType<Truth['positions']>[number]>();
    for (const { order, quantity } of this.trades) {
      const { product, exchange, tradingsymbol } = order;
      const key = `${product} ${exchange} ${tradingsymbol}`;
      const before = positions.get(key) ?? { product, exchange, tradingsymbol, quantity: 0 };
      const signed = order.side === 'BUY' ? quantity : -quantity;
      positions.set(key, { ...before, quantity: before.quantity + signed });
    }
    return [...positions.values()];
  }

  find(orderId: string): TrueOrder | undefined {
    return this.orders.find((order) => order.orderId === orderId);
  }

  #living(orderId: string): TrueOrder | KiteError {
    const order = this.find(orderId);
    if (!order) return new KiteError(404, 'GeneralException', "Couldn't find that `order_id`.");
    if (order.status !== 'OPEN' && order.status !== 'TRIGGER PENDING') {
      return new KiteError(400, 'OrderException', 'Order cannot be changed as it is not open.');
    }
    return order;
  }
}

function paise(text: string | null): bigint | undefined {
  return text === null ? 0n : parseDecimal(text);
}
