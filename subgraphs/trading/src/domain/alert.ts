/** Price alerts: when an instrument reaches a price its owner is told, once. Prices are minor units. */
import { no, isClientOrderId, type TradingRefusal } from './order.ts';

export const ALERT_CONDITIONS = ['AT_OR_ABOVE', 'AT_OR_BELOW'] as const;
export type AlertCondition = (typeof ALERT_CONDITIONS)[number];
export type AlertStatus = 'ACTIVE' | 'TRIGGERED' | 'CANCELLED';

/** Alerts of one user that wait for their price. */
export const ALERTS_MAX = 100;
/** A crore of rupees: no price of an instrument comes near it. */
const PRICE_MAX = 1_000_000_000n;

export interface AlertRequest {
  /** The client's own name for the alert; makes repeating a request harmless. */
  readonly clientAlertId: string;
  readonly symbol: string;
  readonly condition: AlertCondition;
  readonly price: bigint;
}

export interface Alert extends AlertRequest {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly status: AlertStatus;
  readonly createdAt: Date;
  readonly triggeredAt: Date | null;
  /** The price that reached it. */
  readonly triggeredPrice: bigint | null;
  /** 1, 2, 3, ... over the user's triggered alerts, without a gap; null before. */
  readonly sequence: bigint | null;
}

/** What waits for the price of an instrument. */
export type Watched = Pick<Alert, 'id' | 'symbol' | 'condition' | 'price'>;

/** Whether a price is what the alert waits for. */
export function isReached({ condition, price }: Pick<Alert, 'condition' | 'price'>, last: bigint): boolean {
  return condition === 'AT_OR_ABOVE' ? last >= price : last <= price;
}

/** The first rule the request breaks; undefined when it may be kept. `last` is undefined for an unknown instrument. */
export function checkAlert(
  request: AlertRequest,
  { last, active }: { readonly last: bigint | undefined; readonly active: number },
): TradingRefusal | undefined {
  if (last === undefined) return no('INSTRUMENT_UNKNOWN', 'symbol');
  if (request.price <= 0n || request.price > PRICE_MAX) return no('ALERT_PRICE_INVALID', 'price');
  if (isReached(request, last)) return no('ALERT_REACHED', 'price');
  if (!isClientOrderId(request.clientAlertId)) return no('CLIENT_ALERT_ID_INVALID', 'clientAlertId');
  if (active >= ALERTS_MAX) return no('ALERTS_TOO_MANY');
  return undefined;
}

/** Whether the alert was made from this very request. */
export function isSameAlert(alert: Alert, { symbol, condition, price }: AlertRequest): boolean {
  return alert.symbol === symbol && alert.condition === condition && alert.price === price;
}

/** Alerts that wait, found by price: a tick that reaches none looks at two of them, however many wait. */
export class AlertBoard<Each extends Watched = Alert> {
  /** Those of one instrument and condition; the one that is reached first stands last. */
  readonly #queues = new Map<string, Each[]>();
  readonly #byId = new Map<string, Each>();

  get size(): number {
    return this.#byId.size;
  }

  add(alert: Each): void {
    if (this.#byId.has(alert.id)) return;
    this.#byId.set(alert.id, alert);
    const queue = this.#queueOf(alert);
    queue.splice(placeIn(queue, alert), 0, alert);
  }

  remove(id: string): void {
    const alert = this.#byId.get(id);
    if (!alert) return;
    this.#byId.delete(id);
    const key = keyOf(alert);
    const rest = this.#queueOf(alert).filter((each) => each !== alert);
    if (rest.length > 0) this.#queues.set(key, rest);
    else this.#queues.delete(key);
  }

  /** Takes out those that a price reaches, in no order that means anything. */
  take(symbol: string, price: bigint): Each[] {
    const taken: Each[] = [];
    for (const condition of ALERT_CONDITIONS) {
      const key = keyOf({ symbol, condition });
      const queue = this.#queues.get(key);
      if (!queue) continue;
      for (let next = queue.at(-1); next && isReached(next, price); next = queue.at(-1)) {
        queue.pop();
        this.#byId.delete(next.id);
        taken.push(next);
      }
      if (queue.length === 0) this.#queues.delete(key);
    }
    return taken;
  }

  #queueOf(alert: Each): Each[] {
    const key = keyOf(alert);
    let queue = this.#queues.get(key);
    if (!queue) this.#queues.set(key, (queue = []));
    return queue;
  }
}

function keyOf({ symbol, condition }: Pick<Alert, 'symbol' | 'condition'>): string {
  return `${condition} ${symbol}`;
}

/** Where an alert belongs in its queue: before all that are reached no later. */
function placeIn(queue: readonly Watched[], { condition, price }: Watched): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = queue[middle]?.price ?? 0n;
    const isReachedLater = condition === 'AT_OR_ABOVE' ? other > price : other < price;
    if (isReachedLater) low = middle + 1;
    else high = middle;
  }
  return low;
}
