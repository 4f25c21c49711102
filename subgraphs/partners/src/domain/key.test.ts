import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_PATTERN, KEY_RANDOM_BYTES, crc32, formatKey, parseKey } from './key.ts';

const random = fc.uint8Array({ minLength: KEY_RANDOM_BYTES, maxLength: KEY_RANDOM_BYTES });
const bytes = (fill: number): Uint8Array => new Uint8Array(KEY_RANDOM_BYTES).fill(fill);

describe('crc32', () => {
  // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms, and two that zip agrees with.
  it.each([
    ['123456789', 0xcbf43926],
    ['', 0],
    ['a', 0xe8b7be43],
  ])('of %j', (text, crc) => {
    expect(crc32(text)).toBe(crc);
  });
});

describe('formatKey', () => {
  it('writes the smallest and the largest key at full length', () => {
    expect(formatKey(bytes(0)).text).toMatch(/^gw_a{12}_0{43}[0-9A-Za-z]{6}$/);
    expect(formatKey(bytes(255)).prefix).toBe('7'.repeat(12));
    expect(formatKey(bytes(255)).text).toMatch(KEY_PATTERN);
  });

  it('takes the prefix from the leading bits, five at a time', () => {
    // 0x08 0x86: 00001 00010 000110... is b, c, then 00011 with the next bit.
    const leading = bytes(0);
    leading.set([0b00001000, 0b10000110]);
    expect(formatKey(leading).prefix).toBe('bcda'.padEnd(12, 'a'));
  });

  it('writes the secret in base 62', () => {
    const one = bytes(0);
    one[KEY_RANDOM_BYTES - 1] = 62 + 11;
    expect(formatKey(one).text.slice(0, -6)).toBe(`gw_aaaaaaaaaaaa_${'1B'.padStart(43, '0')}`);
  });

  it.each([0, KEY_RANDOM_BYTES - 1, KEY_RANDOM_BYTES + 1])('does not make a key from %i bytes', (length) => {
    expect(() => formatKey(new Uint8Array(length))).toThrow(RangeError);
  });

  it('makes different keys from different randomness', () => {
    fc.assert(
      fc.property(random, fc.nat(KEY_RANDOM_BYTES * 8 - 1), (from, bit) => {
        const other = from.slice();
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        // The four bits that the prefix has no room for are the only ones that do not show.
        const isSpare = bit >> 3 === 7 && (bit & 7) < 4;
        expect(formatKey(other).text === formatKey(from).text).toBe(isSpare);
      }),
    );
  });
});

describe('parseKey', () => {
  it('reads what formatKey wrote', () => {
    fc.assert(
      fc.property(random, (from) => {
        const key = formatKey(from);
        expect(parseKey(key.text)).toEqual(key);
      }),
    );
  });

  it('knows every single mistyped character, and neighbours that were swapped', () => {
    const { text } = formatKey(Uint8Array.from({ length: KEY_RANDOM_BYTES }, (_, index) => index * 37));
    for (let index = 0; index < text.length; index++) {
      for (const typed of 'aZ07q_') {
        if (typed === text[index]) continue;
        expect(parseKey(text.slice(0, index) + typed + text.slice(index + 1))).toBeUndefined();
      }
      if (index > 0 && text[index] !== text[index - 1]) {
        const swapped = text.slice(0, index - 1) + text[index] + text[index - 1] + text.slice(index + 1);
        expect(parseKey(swapped)).toBeUndefined();
      }
    }
  });

  it.each([
    ['nothing', () => ''],
    ['a space before', (text: string) => ` ${text}`],
    ['a line end after', (text: string) => `${text}\n`],
    ['one character less', (text: string) => text.slice(0, -1)],
    ['one character more', (text: string) => `${text}0`],
    ['another product', (text: string) => text.replace('gw_', 'hw_')],
    [
      'capitals in the prefix',
      (text: string) => text.replace(/_[a-z2-7]{12}_/, (part) => part.toUpperCase()),
    ],
    ['the prefix alone', (text: string) => text.slice(3, 15)],
  ])('is no key: %s', (_, change) => {
    expect(parseKey(change(formatKey(bytes(9)).text))).toBeUndefined();
  });
});
