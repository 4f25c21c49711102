/** Who wants which ticks, as the ticker must be told it: by the broker's numbers, each in the richest mode wanted. */
import type { Packet } from '../../domain/broker/packet.ts';
import { TICK_MODES, type TickMode } from '../../domain/tick.ts';
import type { VenueTick } from '../../venue.ts';
import { readInstruments } from './instruments.ts';
import type { Answer } from './rest.ts';

export class Watchlist {
  readonly #wishes = new Map<string, TickMode[]>();
  readonly #symbols = new Map<number, string>();
  #tokens: ReadonlyMap<string, number> = new Map();
  /** The date whose numbers are known, or being asked for. */
  #learnedOn = '';

  constructor(private readonly tell: (tokens: readonly number[], mode: TickMode | undefined) => void) {}

  /** Learns the broker's numbers, which are good for a day; does nothing when they are known. */
  async learn(today: string, list: () => Promise<Answer<string>>): Promise<void> {
    if (this.#learnedOn === today) return;
    this.#learnedOn = today;
    const answer = await list();
    const tokens = answer.kind === 'DONE' ? readInstruments(answer.data) : undefined;
    if (tokens) this.#setTokens(tokens);
    else this.#learnedOn = '';
  }

  /** Returns the way out. A symbol that the broker does not list has no ticks. */
  add(symbols: readonly string[], mode: TickMode): () => void {
    for (const symbol of symbols) {
      const before = this.#modeOf(symbol);
      this.#wishes.set(symbol, [...(this.#wishes.get(symbol) ?? []), mode]);
      if (this.#modeOf(symbol) !== before) this.#ask([symbol]);
    }
    let isOver = false;
    return () => {
      if (!isOver) for (const symbol of symbols) this.#remove(symbol, mode);
      isOver = true;
    };
  }

  /** A packet as a tick; undefined when nobody here knows its instrument. */
  tickOf(packet: Packet): VenueTick | undefined {
    const symbol = this.#symbols.get(packet.token);
    if (symbol === undefined) return undefined;
    const { lastPrice: price } = packet;
    if (packet.kind === 'LTP') return { symbol, price, atMs: null, quote: null, depth: null };
    const { open, high, low, close: previousClose } = packet;
    const ohlc = { open, high, low, previousClose };
    if (packet.kind === 'INDEX') {
      const atMs = packet.at === null ? null : packet.at * 1_000;
      return { symbol, price, atMs, quote: { ...ohlc, volume: null, quantity: null }, depth: null };
    }
    const quote = { ...ohlc, volume: packet.volume, quantity: packet.lastQuantity };
    if (packet.kind === 'QUOTE') return { symbol, price, atMs: null, quote, depth: null };
    const { bids, asks } = packet;
    return { symbol, price, atMs: packet.at * 1_000, quote, depth: { bids, asks } };
  }

  /** What was wished for under other numbers, or before there were any, is asked for now. */
  #setTokens(tokens: ReadonlyMap<string, number>): void {
    const gone = [...this.#symbols].filter(([token, symbol]) => tokens.get(symbol) !== token);
    this.tell(
      gone.map(([token]) => token),
      undefined,
    );
    this.#tokens = tokens;
    this.#symbols.clear();
    for (const [symbol, token] of tokens) this.#symbols.set(token, symbol);
    for (const mode of TICK_MODES) {
      this.#ask([...this.#wishes.keys()].filter((symbol) => this.#modeOf(symbol) === mode));
    }
  }

  #remove(symbol: string, mode: TickMode): void {
    const before = this.#modeOf(symbol);
    const wishes = this.#wishes.get(symbol) ?? [];
    wishes.splice(wishes.indexOf(mode), 1);
    if (wishes.length === 0) this.#wishes.delete(symbol);
    if (this.#modeOf(symbol) !== before) this.#ask([symbol]);
  }

  /** The symbols are of one mode. */
  #ask(symbols: readonly string[]): void {
    const [first] = symbols;
    if (first === undefined) return;
    const tokens = symbols.flatMap((symbol) => this.#tokens.get(symbol) ?? []);
    if (tokens.length > 0) this.tell(tokens, this.#modeOf(first));
  }

  #modeOf(symbol: string): TickMode | undefined {
    return TICK_MODES.findLast((mode) => this.#wishes.get(symbol)?.includes(mode));
  }
}
