import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPTH_LEVELS, decodeFrame, encodeFrame, type Packet } from './packet.ts';

const word = fc.bigInt(0n, 0xffff_ffffn);
const token = fc.nat(0x7fff_ffff);
const ohlc = { open: word, high: word, low: word, close: word };
const quote = {
  token,
  lastPrice: word,
  lastQuantity: word,
  averagePrice: word,
  volume: word,
  buyQuantity: word,
  sellQuantity: word,
  ...ohlc,
};
const levels = fc.array(fc.record({ price: word, quantity: word, orders: fc.nat(0xffff) }), {
  minLength: DEPTH_LEVELS,
  maxLength: DEPTH_LEVELS,
});
const packets = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('LTP' as const), token, lastPrice: word }),
    fc.record({
      kind: fc.constant('INDEX' as const),
      token,
      lastPrice: word,
      change: fc.bigInt(-0x8000_0000n, 0x7fff_ffffn),
      at: fc.option(token, { nil: null }),
      ...ohlc,
    }),
    fc.record({ kind: fc.constant('QUOTE' as const), ...quote }),
    fc.record({
      kind: fc.constant('FULL' as const),
      ...quote,
      lastTradeAt: token,
      openInterest: word,
      openInterestHigh: word,
      openInterestLow: word,
      at: token,
      bids: levels,
      asks: levels,
    }),
  ) satisfies fc.Arbitrary<Packet>,
  { maxLength: 6 },
);

describe('a frame of ticks', () => {
  it('is read as it was written, also out of the middle of a buffer', () => {
    fc.assert(
      fc.property(packets, fc.nat(9), (written, padding) => {
        const frame = encodeFrame(written);
        const buffer = new Uint8Array(padding + frame.length + 3).fill(0xff);
        buffer.set(frame, padding);
        expect(decodeFrame(buffer.subarray(padding, padding + frame.length))).toEqual(written);
      }),
    );
  });

  it('has the bytes that the documentation gives', () => {
    const frame = encodeFrame([{ kind: 'LTP', token: 408_065, lastPrice: 1_573_70n }]);
    expect(Buffer.from(frame).toString('hex')).toBe('0001' + '0008' + '00063a01' + '000266ba');
    const lengths = [8, 28, 32, 44, 184].map((length) => {
      const bytes = new Uint8Array(4 + length);
      bytes.set([0, 1, 0, length]);
      const read = decodeFrame(bytes);
      return typeof read === 'string' ? read : read.map(({ kind }) => kind).join();
    });
    expect(lengths).toEqual(['LTP', 'INDEX', 'INDEX', 'QUOTE', 'FULL']);
  });

  it('of one byte is a heartbeat', () => {
    expect(decodeFrame(Uint8Array.of(0))).toEqual([]);
  });

  it('is refused whole when it is cut off, has bytes left over, or a packet of no known length', () => {
    const frame = encodeFrame([
      { kind: 'LTP', token: 1, lastPrice: 1n },
      { kind: 'LTP', token: 2, lastPrice: 2n },
    ]);
    for (let length = 2; length < frame.length; length++) {
      expect(decodeFrame(frame.subarray(0, length))).toBe('TRUNCATED');
    }
    expect(decodeFrame(new Uint8Array(0))).toBe('TRUNCATED');
    expect(decodeFrame(Uint8Array.of(...frame, 0))).toBe('BYTES_LEFT_OVER');
    expect(decodeFrame(Uint8Array.of(0, 1, 0, 2, 9, 9))).toBe('LENGTH_UNKNOWN');
  });

  it('of any bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const read = decodeFrame(bytes);
        expect(typeof read === 'string' || Array.isArray(read)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('cannot carry numbers of more than 32 bits', () => {
    expect(() => encodeFrame([{ kind: 'LTP', token: 1, lastPrice: 1n << 32n }])).toThrow(RangeError);
  });
});
