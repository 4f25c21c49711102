/** The order book that npm offers, as a contender for the plain work. */
import { pathToFileURL } from 'node:url';
import type { Command } from '@gridworks/trading/domain/matching/command';
import { installPeer, type Peer } from '../harness/peers.ts';
import type { Contender } from './turn.ts';

const NODEJS_ORDER_BOOK: Peer = {
  name: 'nodejs-order-book',
  dependencies: { 'nodejs-order-book': '10.1.1' },
  entry: { file: 'peer.mjs', source: `export { OrderBook } from 'nodejs-order-book';\n` },
};

export const PEER = { name: 'nodejs-order-book', label: 'nodejs-order-book' } as const;

interface LimitOrder {
  readonly id: string;
  readonly side: 'buy' | 'sell';
  readonly size: number;
  readonly price: number;
}

/** As much of its class as is used here. */
interface PeerBook {
  limit(order: LimitOrder): { readonly err: Error | null };
  cancel(id: string): unknown;
  /** Asks and bids: the price and what is there. */
  depth(): readonly [asks: readonly [number, number][], bids: readonly [number, number][]];
}

/** Installed first; rejects when it cannot be had. */
export async function peerContender(): Promise<Contender> {
  const entry = await installPeer(NODEJS_ORDER_BOOK);
  const { OrderBook } = (await import(pathToFileURL(entry).href)) as {
    readonly OrderBook: new () => PeerBook;
  };
  return {
    ...PEER,
    open({ opening }) {
      const book = new OrderBook();
      const apply = ({ order, cancelled }: Asked): void => {
        if (cancelled !== null) book.cancel(cancelled);
        const err = order && book.limit(order).err;
        if (err) throw err;
      };
      opening.map(toAsked).forEach(apply);
      return {
        prepare(commands) {
          const batch = commands.map(toAsked);
          return () => {
            for (const each of batch) apply(each);
          };
        },
        standing() {
          const [asks, bids] = book.depth();
          const best = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0];
          const rows = [...bids.toSorted((a, b) => best(b, a)), ...asks.toSorted(best)];
          return rows.map(([price, quantity]) => `${quantity}@${price}`).join(' ');
        },
      };
    },
  };
}

interface Asked {
  readonly order: LimitOrder | null;
  readonly cancelled: string | null;
}

/** What it calls the same; listings and phases it does not know. */
function toAsked(command: Command): Asked {
  if (command.kind === 'cancel') return { order: null, cancelled: String(command.order) };
  if (command.kind !== 'new' || command.price === null) return { order: null, cancelled: null };
  const { order, side, quantity, price } = command;
  const asked = { id: String(order), side: side === 'BUY' ? 'buy' : 'sell', size: quantity, price } as const;
  return { order: asked, cancelled: null };
}
