import { isRefusal } from '@gridworks/kit/refusal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDate, readPrice, readStamp, readTime, readWhole, splitLine } from './field.ts';
import { readMarketFile, type MarketFile } from './file.ts';

function read<K extends MarketFile['kind']>(kind: K, text: string): Extract<MarketFile, { kind: K }> {
  const file = readMarketFile(text);
  if (isRefusal(file) || file.kind !== kind) throw new Error(`not ${kind}: ${JSON.stringify(file)}`);
  return file as Extract<MarketFile, { kind: K }>;
}

const HEADER = 'date,time,open,high,low,close,volume';
const GOOD = '2021-03-04,09:16,100.00,101.50,99.95,101.00,1200';

describe('cells', () => {
  it.each([
    ['100', 100_00n, false],
    ['185.1500', 185_15n, false],
    ['99.5', 99_50n, false],
    ['1,05,000.50', 1_05_000_50n, false],
    ['105,000.50', 105_000_50n, false],
    ['154.149994', 154_15n, true],
    ['154.144', 154_14n, true],
    ['-0.005', -1n, true],
    ['7.', 7_00n, false],
  ])('reads %s as a price', (text, minor, isRounded) => {
    expect(readPrice(text)).toEqual({ minor, isRounded });
  });

  it.each(['', '-', 'n/a', '1e5', '1.2.3', '1,2', ' 1', '0x10', '١', '9'.repeat(16)])(
    'reads no price from %j',
    (text) => {
      expect(readPrice(text)).toBeUndefined();
    },
  );

  it('reads whole numbers, also written with a point, and no fractions', () => {
    expect(['1200', '1,200', '1200.00', '-3', '0'].map(readWhole)).toEqual([1200n, 1200n, 1200n, -3n, 0n]);
    expect(['1.5', '', 'x'].map(readWhole)).toEqual([undefined, undefined, undefined]);
  });

  it('reads the ways in which dates are written, and no dates that do not exist', () => {
    for (const text of [
      '2021-03-04',
      '2021/03/04',
      '20210304',
      '04-03-2021',
      '4/3/2021',
      '04-Mar-2021',
      '04-MAR-2021',
    ]) {
      expect(readDate(text), text).toBe('2021-03-04');
    }
    for (const text of [
      '2021-02-30',
      '2021-13-01',
      '31-02-2021',
      '04-Foo-2021',
      '2021-03/04',
      '21-03-04',
      '',
    ]) {
      expect(readDate(text), text).toBeUndefined();
    }
  });

  it('reads times of day', () => {
    expect(readTime('09:16')).toBe(33_360_000);
    expect(readTime('9:16:01.5')).toBe(33_361_500);
    for (const text of ['24:00', '09:60', '0916', '', 'noon']) expect(readTime(text), text).toBeUndefined();
  });

  it('reads stamps, and turns offsets into Indian time', () => {
    const stamp = { date: '2021-03-04', timeMs: 33_360_000 };
    for (const text of [
      '2021-03-04 09:16',
      '2021-03-04T09:16:00',
      '2021-03-04T09:16:00+05:30',
      '2021-03-04T03:46:00Z',
      '20210304 09:16',
    ]) {
      expect(readStamp(text), text).toEqual(stamp);
    }
    expect(readStamp('2021-03-03T22:46:00-05:00')).toEqual(stamp);
    expect(readStamp('2021-03-04')).toEqual({ date: '2021-03-04', timeMs: undefined });
    expect(readStamp('2021-03-04T25:00')).toBeUndefined();
    expect(readStamp('yesterday')).toBeUndefined();
  });

  it('splits lines, quoted cells whole', () => {
    expect(splitLine('a, b ,c', ',')).toEqual(['a', 'b', 'c']);
    expect(splitLine('"1,234.50",x,"say ""hi"""', ',')).toEqual(['1,234.50', 'x', 'say "hi"']);
    expect(splitLine('a,,', ',')).toEqual(['a', '', '']);
    expect(splitLine('"a', ',')).toBeUndefined();
    expect(splitLine('"a"b,c', ',')).toBeUndefined();
  });
});

describe('readMarketFile', () => {
  it('reads bars with their lines and exact prices', () => {
    const file = read('BARS', `${HEADER}\n${GOOD}\n`);
    expect(file).toMatchObject({ read: 1, bad: [], rounded: 0, hasVolume: true });
    expect(file.rows).toEqual([
      {
        line: 2,
        date: '2021-03-04',
        timeMs: 33_360_000,
        open: 100_00n,
        high: 101_50n,
        low: 99_95n,
        close: 101_00n,
        volume: 1200n,
      },
    ]);
  });

  it('takes other names, orders, delimiters, line ends and a byte order mark', () => {
    const file = read(
      'BARS',
      '\uFEFFClose;Open;High;Low;DateTime\r\n101;100;101.5;99.95;2021-03-04 09:16\r\n',
    );
    expect(file.rows[0]).toMatchObject({ open: 100_00n, close: 101_00n, volume: 0n, timeMs: 33_360_000 });
    expect(file.hasVolume).toBe(false);
  });

  const dirty: [string, string, string][] = [
    ['COLUMNS', '2021-03-04,09:16,100,101.5,99.95,101', '6 in place of 7'],
    ['COLUMNS', `${GOOD},extra`, '8 in place of 7'],
    ['QUOTES', '2021-03-04,09:16,"100,101.5,99.95,101,1', '2021-03-04'],
    ['HEADER', HEADER, 'open'],
    ['DATE', '2021-02-30,09:16,100,101.5,99.95,101,1', '2021-02-30'],
    ['TIME', '2021-03-04,25:16,100,101.5,99.95,101,1', '25:16'],
    ['PRICE', '2021-03-04,09:16,100,NaN,99.95,101,1', 'high "NaN"'],
    ['PRICE', '2021-03-04,09:16,,101.5,99.95,101,1', 'open ""'],
    ['PRICE_NOT_POSITIVE', '2021-03-04,09:16,100,101.5,0,101,1', 'low 0'],
    ['PRICE_NOT_POSITIVE', '2021-03-04,09:16,-5,101.5,99.95,101,1', 'open -5'],
    ['RANGE', '2021-03-04,09:16,100,101.5,100.5,101,1', 'low 100.5'],
    ['RANGE', '2021-03-04,09:16,100,100.5,99.95,101,1', 'high 100.5'],
    ['VOLUME', '2021-03-04,09:16,100,101.5,99.95,101,many', 'volume "many"'],
    ['VOLUME_NEGATIVE', '2021-03-04,09:16,100,101.5,99.95,101,-7', 'volume -7'],
  ];
  it.each(dirty)('describes a row with %s, and reads the rest: %s', (kind, row, detail) => {
    const file = read('BARS', [HEADER, GOOD, row, GOOD.replace('09:16', '09:17')].join('\n'));
    expect(file.rows.map(({ line }) => line)).toEqual([2, 4]);
    expect(file.bad).toEqual([{ line: 3, kind, detail: expect.stringContaining(detail) as string }]);
    expect(file.read).toBe(3);
  });

  it('rounds prices finer than a hundredth, and counts them', () => {
    const file = read('BARS', `date,open,high,low,close\n2021-03-04,100.004,101.499994,99.95,101\n`);
    expect(file.rows[0]).toMatchObject({ open: 100_00n, high: 101_50n });
    expect(file.rounded).toBe(2);
  });

  it('reads trades and quotes', () => {
    const trades = read(
      'TRADES',
      'ms,price,size,venue,cond,suspicious\n34200034,185.1500,100,P,1,1\n86400000,1,1,P,1,0\n',
    );
    expect(trades.rows).toEqual([
      { line: 2, timeMs: 34_200_034, price: 185_15n, size: 100n, venue: 'P', isSuspicious: true },
    ]);
    expect(trades.bad).toMatchObject([{ line: 3, kind: 'TIME' }]);
    const quotes = read(
      'QUOTES',
      'ms,bid,bid_size,ask,ask_size,venue\n34200034,185.15,500,0.0000,0,P\n34200034,-1,5,2,5,P\n',
    );
    expect(quotes.rows).toMatchObject([
      { bid: 185_15n, bidSize: 500n, ask: 0n, askSize: 0n, isSuspicious: false },
    ]);
    expect(quotes.bad).toMatchObject([{ line: 3, kind: 'PRICE_NOT_POSITIVE' }]);
  });

  it('reads factors as they are written', () => {
    const factors = read(
      'FACTORS',
      'date,price_factor,split_factor,reference_price\n20200103,0.9800619,0.5,413\n20200104,x,1,0\n',
    );
    expect(factors.rows).toEqual([
      { line: 2, date: '2020-01-03', priceFactor: '0.9800619', splitFactor: '0.5' },
    ]);
    expect(factors.bad).toMatchObject([{ line: 3, kind: 'FACTOR' }]);
  });

  it('reads market hours, and says which holidays are none', () => {
    const text = JSON.stringify({
      exchangeTimeZone: 'Asia/Kolkata',
      holidays: ['2021-01-26', '2020-02-30', 5, '2020-12-25', '2021-01-26'],
    });
    expect(read('MARKET_HOURS', text)).toEqual({
      kind: 'MARKET_HOURS',
      zone: 'Asia/Kolkata',
      holidays: ['2020-12-25', '2021-01-26'],
      unread: ['"2020-02-30"', '5'],
    });
  });

  it.each([
    ['FILE_EMPTY', ''],
    ['FILE_EMPTY', ' \n\n'],
    ['FORMAT_UNKNOWN', 'hello\nworld\n'],
    ['FORMAT_UNKNOWN', '2021-03-04,100,101,99,100\n'],
    ['FORMAT_UNKNOWN', 'PK\u0000\u0001'],
    ['FORMAT_UNKNOWN', '{"a":1}'],
    ['FORMAT_UNKNOWN', '[1, 2'],
    ['FORMAT_UNKNOWN', 'null'],
  ])('refuses with %s: %j', (code, text) => {
    expect(readMarketFile(text)).toMatchObject({ code });
  });

  it('never throws, and loses no row, whatever is in it', () => {
    const cell = fc.oneof(
      fc.constantFrom('2021-03-04', '09:16', '100', '101.5', '"', '""', '-1', '', 'NaN', '1e9'),
      fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/[\r\n]/g, ' ').replaceAll('\0', ' ')),
    );
    const line = fc.oneof(
      fc.constant(GOOD),
      fc.array(cell, { maxLength: 9 }).map((cells) => cells.join(',')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const file = read('BARS', [HEADER, ...lines].join('\n'));
        expect(file.rows.length + file.bad.length).toBe(file.read);
        expect(file.read).toBe(lines.filter((each) => each.trim() !== '').length);
        for (const { open, high, low, close, volume } of file.rows) {
          expect(
            low > 0n && low <= open && low <= close && high >= open && high >= close && volume >= 0n,
          ).toBe(true);
        }
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void readMarketFile(text)));
  });
});
