/** Shares that somebody has as earlier trades would have left them: at the exchange, in the log and so as a position. */
import type { UserCaller } from '@gridworks/kit/caller';
import type { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';

export interface Shares {
  readonly symbol: string;
  readonly quantity: number;
  /** What each cost, paise. */
  readonly price?: number;
}

/** To be called before the exchange meets the user: it reads what somebody has when it does. */
export async function giveShares(
  db: Database,
  { userId, tenantId }: Pick<UserCaller, 'userId' | 'tenantId'>,
  { symbol, quantity, price = 90_00 }: Shares,
): Promise<void> {
  await db.system.query(
    `INSERT INTO trading.inventory (user_id, tenant_id, symbol, product, quantity, held) VALUES ($1, $2, $3, 'CNC', $4, 0)`,
    [userId, tenantId, symbol, quantity],
  );
  const orderId = newId();
  const value = String(quantity * price);
  await publish(db.system, [
    {
      topic: 'orders.executed',
      key: orderId,
      tenantId,
      payload: {
        orderId,
        userId,
        symbol,
        exchange: 'NSE',
        side: 'BUY',
        product: 'CNC',
        tradeId: newId(),
        price: String(price),
        quantity,
        value,
        final: true,
        orderValue: value,
        orderQuantity: quantity,
      },
    },
  ]);
}
