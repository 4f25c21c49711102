/** Somebody new who trades through the door, and what the graph remembers of it. */
import { BuyDocument, CancelDocument, HomeDocument, RegisterDocument } from '@gridworks/schema/operations';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphClient, eventually } from './client.ts';

const SYMBOL = 'INFY';
const RETRY_MS = 50;

/** Somebody new with money to trade with. */
export async function newTrader(url: string): Promise<GraphClient> {
  const anybody = new GraphClient(url);
  const { register } = await anybody.data(RegisterDocument, {
    input: {
      tenant: 'gridworks',
      email: `${randomUUID()}@gridworks.example`,
      password: 'a long enough password',
      displayName: 'New Trader',
    },
  });
  const trader = anybody.withToken(register.session?.accessToken ?? '');
  await eventually(
    () => trader.data(HomeDocument, {}),
    ({ me }) => me?.buyingPower?.amount === '1000000.00',
  );
  return trader;
}

/** Places orders and asks again until there is an answer, whoever is away meanwhile. */
export class Orders {
  /** Ids of those that were acknowledged. */
  readonly acknowledged: string[] = [];

  /** `onFailure` is told of each request that had no answer. */
  constructor(
    private readonly trader: GraphClient,
    private readonly onFailure: (error: unknown, beganAtMs: number) => void = () => undefined,
  ) {}

  /** One that trades at once, or one that waits; returns its id. */
  async place(isResting: boolean, side: 'BUY' | 'SELL' = 'BUY'): Promise<string> {
    const input = {
      clientOrderId: randomUUID(),
      symbol: SYMBOL,
      side,
      type: isResting ? ('LIMIT' as const) : ('MARKET' as const),
      product: 'CNC' as const,
      quantity: 1,
      limitPrice: isResting ? await this.#lowest() : null,
    };
    const { placeOrder } = await this.#insist(() => this.trader.data(BuyDocument, { input }));
    if (!placeOrder.order) throw new Error(`refused: ${JSON.stringify(placeOrder.refusal)}`);
    this.acknowledged.push(placeOrder.order.id);
    return placeOrder.order.id;
  }

  async cancel(orderId: string): Promise<void> {
    await this.#insist(() => this.trader.data(CancelDocument, { input: { orderId } }));
  }

  /** At the lower end of the band nobody sells. */
  async #lowest(): Promise<string> {
    const query = `{ instrument(symbol: "${SYMBOL}") { priceBand { lower } } }`;
    const { instrument } = await this.#insist(() =>
      this.trader.data<{ instrument: { priceBand: { lower: string } } }>(query),
    );
    return instrument.priceBand.lower;
  }

  async #insist<T extends object>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const beganAtMs = Date.now();
      try {
        return await ask();
      } catch (error) {
        this.onFailure(error, beganAtMs);
      }
      await sleep(RETRY_MS);
    }
  }
}

export type Told = readonly [sequence: number, kind: string, orderId: string | undefined];

interface OrderPage {
  readonly edges: readonly {
    readonly node: {
      readonly id: string;
      readonly history: readonly { readonly sequence: number; readonly kind: string }[];
    };
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Everything that ever happened to the trader's orders, in order, as the graph's own history tells it. */
export async function history(trader: GraphClient): Promise<Told[]> {
  const query = `query ($after: String) { me { orders(first: 100, after: $after) {
    edges { node { id history { sequence kind } } } pageInfo { hasNextPage endCursor } } } }`;
  const told: Told[] = [];
  let after: string | null = null;
  for (;;) {
    const { me }: { me: { orders: OrderPage } } = await trader.data(query, { after });
    for (const { node } of me.orders.edges) {
      told.push(...node.history.map(({ sequence, kind }): Told => [sequence, kind, node.id]));
    }
    if (!me.orders.pageInfo.hasNextPage) break;
    after = me.orders.pageInfo.endCursor;
  }
  return told.sort(([a], [b]) => a - b);
}
