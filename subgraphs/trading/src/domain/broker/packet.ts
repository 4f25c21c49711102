/**
 * The binary ticks of Kite Connect v3, both ways (Kite Connect v3, "WebSocket streaming"). A frame is the number of its
 * packets, then each packet after its length; all numbers are big endian. The length tells the kind of a packet: 8 bytes
 * the last price, 44 a quote, 184 a quote with five levels of depth; of an index 28 and 32. Prices are paise, which holds
 * for shares and indices (currencies have other units and are not traded here). A frame of one byte is a heartbeat.
 */

export interface DepthLevel {
  readonly price: bigint;
  readonly quantity: bigint;
  readonly orders: number;
}

interface Ohlc {
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
}

export interface LtpPacket {
  readonly kind: 'LTP';
  readonly token: number;
  readonly lastPrice: bigint;
}

export interface IndexPacket extends Ohlc {
  readonly kind: 'INDEX';
  readonly token: number;
  readonly lastPrice: bigint;
  readonly change: bigint;
  /** Seconds since the epoch; null in the shorter form. */
  readonly at: number | null;
}

interface Quote extends Ohlc {
  readonly token: number;
  readonly lastPrice: bigint;
  readonly lastQuantity: bigint;
  readonly averagePrice: bigint;
  readonly volume: bigint;
  readonly buyQuantity: bigint;
  readonly sellQuantity: bigint;
}

export interface QuotePacket extends Quote {
  readonly kind: 'QUOTE';
}

export interface FullPacket extends Quote {
  readonly kind: 'FULL';
  /** Seconds since the epoch. */
  readonly lastTradeAt: number;
  readonly openInterest: bigint;
  readonly openInterestHigh: bigint;
  readonly openInterestLow: bigint;
  /** Seconds since the epoch. */
  readonly at: number;
  /** Five, the best first. */
  readonly bids: readonly DepthLevel[];
  /** Five, the best first. */
  readonly asks: readonly DepthLevel[];
}

export type Packet = LtpPacket | IndexPacket | QuotePacket | FullPacket;

/** Why a frame cannot be read. Nothing of such a frame is used. */
export type FrameFault = 'TRUNCATED' | 'LENGTH_UNKNOWN' | 'BYTES_LEFT_OVER';

export const DEPTH_LEVELS = 5;
const COUNT_BYTES = 2;
const LENGTH_BYTES = 2;
const LEVEL_BYTES = 12;
const BYTES = { LTP: 8, INDEX: 28, INDEX_TIMED: 32, QUOTE: 44, FULL: 184 } as const;

/** The packets of a frame in their order, none for a heartbeat; or why it cannot be read. */
export function decodeFrame(frame: Uint8Array): readonly Packet[] | FrameFault {
  if (frame.length === 1) return [];
  if (frame.length < COUNT_BYTES) return 'TRUNCATED';
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const packets: Packet[] = [];
  let offset = COUNT_BYTES;
  for (let rest = view.getUint16(0); rest > 0; rest--) {
    if (offset + LENGTH_BYTES > frame.length) return 'TRUNCATED';
    const length = view.getUint16(offset);
    offset += LENGTH_BYTES;
    if (offset + length > frame.length) return 'TRUNCATED';
    const packet = decodePacket(new DataView(frame.buffer, frame.byteOffset + offset, length));
    if (!packet) return 'LENGTH_UNKNOWN';
    packets.push(packet);
    offset += length;
  }
  return offset === frame.length ? packets : 'BYTES_LEFT_OVER';
}

/** The frame of these packets. Numbers beyond 32 bits are a bug of the caller and throw. */
export function encodeFrame(packets: readonly Packet[]): Uint8Array {
  const size = packets.reduce((total, packet) => total + LENGTH_BYTES + bytesOf(packet), COUNT_BYTES);
  const frame = new Uint8Array(size);
  const view = new DataView(frame.buffer);
  view.setUint16(0, packets.length);
  let offset = COUNT_BYTES;
  for (const packet of packets) {
    const length = bytesOf(packet);
    view.setUint16(offset, length);
    encodePacket(new DataView(frame.buffer, offset + LENGTH_BYTES, length), packet);
    offset += LENGTH_BYTES + length;
  }
  return frame;
}

function bytesOf(packet: Packet): number {
  if (packet.kind !== 'INDEX') return BYTES[packet.kind];
  return packet.at === null ? BYTES.INDEX : BYTES.INDEX_TIMED;
}

function decodePacket(view: DataView): Packet | undefined {
  const at = (offset: number): bigint => BigInt(view.getUint32(offset));
  switch (view.byteLength) {
    case BYTES.LTP:
      return { kind: 'LTP', token: view.getUint32(0), lastPrice: at(4) };
    case BYTES.INDEX:
    case BYTES.INDEX_TIMED:
      return {
        kind: 'INDEX',
        token: view.getUint32(0),
        lastPrice: at(4),
        high: at(8),
        low: at(12),
        open: at(16),
        close: at(20),
        change: BigInt(view.getInt32(24)),
        at: view.byteLength === BYTES.INDEX ? null : view.getUint32(28),
      };
    case BYTES.QUOTE:
      return { kind: 'QUOTE', ...decodeQuote(view) };
    case BYTES.FULL:
      return {
        kind: 'FULL',
        ...decodeQuote(view),
        lastTradeAt: view.getUint32(44),
        openInterest: at(48),
        openInterestHigh: at(52),
        openInterestLow: at(56),
        at: view.getUint32(60),
        bids: decodeLevels(view, 64),
        asks: decodeLevels(view, 64 + DEPTH_LEVELS * LEVEL_BYTES),
      };
    default:
      return undefined;
  }
}

function decodeQuote(view: DataView): Quote {
  const at = (offset: number): bigint => BigInt(view.getUint32(offset));
  return {
    token: view.getUint32(0),
    lastPrice: at(4),
    lastQuantity: at(8),
    averagePrice: at(12),
    volume: at(16),
    buyQuantity: at(20),
    sellQuantity: at(24),
    open: at(28),
    high: at(32),
    low: at(36),
    close: at(40),
  };
}

function decodeLevels(view: DataView, start: number): DepthLevel[] {
  return Array.from({ length: DEPTH_LEVELS }, (_, level) => {
    const offset = start + level * LEVEL_BYTES;
    return {
      quantity: BigInt(view.getUint32(offset)),
      price: BigInt(view.getUint32(offset + 4)),
      // Two bytes of padding follow.
      orders: view.getUint16(offset + 8),
    };
  });
}

function encodePacket(view: DataView, packet: Packet): void {
  put(view, 0, BigInt(packet.token));
  put(view, 4, packet.lastPrice);
  switch (packet.kind) {
    case 'LTP':
      return;
    case 'INDEX':
      [packet.high, packet.low, packet.open, packet.close].forEach((price, i) => put(view, 8 + i * 4, price));
      view.setInt32(24, Number(packet.change));
      if (packet.at !== null) put(view, 28, BigInt(packet.at));
      return;
    case 'QUOTE':
      return encodeQuote(view, packet);
    case 'FULL':
      encodeQuote(view, packet);
      put(view, 44, BigInt(packet.lastTradeAt));
      put(view, 48, packet.openInterest);
      put(view, 52, packet.openInterestHigh);
      put(view, 56, packet.openInterestLow);
      put(view, 60, BigInt(packet.at));
      encodeLevels(view, 64, packet.bids);
      encodeLevels(view, 64 + DEPTH_LEVELS * LEVEL_BYTES, packet.asks);
  }
}

function encodeQuote(view: DataView, quote: Quote): void {
  const { lastQuantity, averagePrice, volume, buyQuantity, sellQuantity, open, high, low, close } = quote;
  const values = [lastQuantity, averagePrice, volume, buyQuantity, sellQuantity, open, high, low, close];
  values.forEach((value, i) => put(view, 8 + i * 4, value));
}

function encodeLevels(view: DataView, start: number, levels: readonly DepthLevel[]): void {
  if (levels.length !== DEPTH_LEVELS) throw new RangeError('a full packet has five levels on each side');
  levels.forEach(({ quantity, price, orders }, level) => {
    put(view, start + level * LEVEL_BYTES, quantity);
    put(view, start + level * LEVEL_BYTES + 4, price);
    view.setUint16(start + level * LEVEL_BYTES + 8, orders);
  });
}

function put(view: DataView, offset: number, value: bigint): void {
  if (value < 0n || value > 0xffff_ffffn) throw new RangeError(`${value.toString()} does not fit 32 bits`);
  view.setUint32(offset, Number(value));
}
