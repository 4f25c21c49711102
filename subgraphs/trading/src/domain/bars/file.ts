/**
 * What a market data file says, row by row. The header decides what kind of file it is; a row that cannot be
 * understood is described and left out, and never stops the reading of the rest.
 */
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import { DAY_MS } from '@gridworks/kit/time';
import { readDate, readPrice, readStamp, readTime, readWhole, splitLine, type Stamp } from './field.ts';

export const BAD_ROW_KINDS = {
  COLUMNS: 'another number of columns than the header',
  QUOTES: 'a quoted cell that does not end',
  HEADER: 'the header once more',
  DATE: 'a date that is none',
  TIME: 'a time that is none',
  PRICE: 'a price that is no number',
  PRICE_NOT_POSITIVE: 'a price that is not positive',
  RANGE: 'a low above, or a high below, the other prices',
  VOLUME: 'a volume that is no whole number',
  VOLUME_NEGATIVE: 'a negative volume',
  FACTOR: 'a factor that is no positive number',
} as const;
export type BadRowKind = keyof typeof BAD_ROW_KINDS;

export interface BadRow {
  /** Line of the file, the header being line 1. */
  readonly line: number;
  readonly kind: BadRowKind;
  /** The cells that are wrong, as they stand. */
  readonly detail: string;
}

interface Rows<Row> {
  /** Rows there are under the header, bad ones included, empty lines not. */
  readonly read: number;
  readonly rows: readonly Row[];
  readonly bad: readonly BadRow[];
  /** Prices that were finer than a hundredth, and were rounded to one. */
  readonly rounded: number;
}

export interface BarRow extends Stamp {
  readonly line: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
}

export interface TradeRow {
  readonly line: number;
  /** Milliseconds since midnight of the file's day. */
  readonly timeMs: number;
  readonly price: bigint;
  readonly size: bigint;
  readonly venue: string;
  readonly isSuspicious: boolean;
}

export interface QuoteRow {
  readonly line: number;
  readonly timeMs: number;
  /** Minor units; 0 where the row says nothing about the side. */
  readonly bid: bigint;
  readonly bidSize: bigint;
  readonly ask: bigint;
  readonly askSize: bigint;
  readonly venue: string;
  readonly isSuspicious: boolean;
}

/** Prices up to and including `date` are multiplied by both factors to compare with prices of the end of the file. */
export interface FactorRow {
  readonly line: number;
  readonly date: string;
  readonly priceFactor: string;
  readonly splitFactor: string;
}

export type MarketFile =
  | (Rows<BarRow> & { readonly kind: 'BARS'; readonly hasVolume: boolean })
  | (Rows<TradeRow> & { readonly kind: 'TRADES' })
  | (Rows<QuoteRow> & { readonly kind: 'QUOTES' })
  | (Rows<FactorRow> & { readonly kind: 'FACTORS' })
  | {
      readonly kind: 'MARKET_HOURS';
      readonly zone: string;
      readonly holidays: readonly string[];
      readonly unread: readonly string[];
    };

export type FileRefusal = Refusal<'FILE_EMPTY' | 'FORMAT_UNKNOWN'>;

const KNOWN_FORMATS =
  'bars (date[,time],open,high,low,close[,volume]), trades (ms,price,size), quotes (ms,bid,bid_size,ask,ask_size), ' +
  'factors (date,price_factor,split_factor) and market hours (JSON with "holidays")';

/** Other names of a column, in files from elsewhere. */
const ALIASES: Readonly<Record<string, string>> = {
  datetime: 'stamp',
  timestamp: 'stamp',
  trade_date: 'date',
  day: 'date',
  o: 'open',
  open_price: 'open',
  h: 'high',
  high_price: 'high',
  l: 'low',
  low_price: 'low',
  c: 'close',
  close_price: 'close',
  v: 'volume',
  vol: 'volume',
  qty: 'size',
  quantity: 'size',
};

/** Reads a whole file, as text. Refuses only what holds no rows or is of none of the known formats. */
export function readMarketFile(text: string): MarketFile | FileRefusal {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (clean.trim() === '') return refuse('FILE_EMPTY', 'The file is empty.');
  if (clean.includes('\0')) return unknown('it holds binary data');
  if (/^\s*[{[]/.test(clean)) return readHours(clean);

  const lines = clean.split(/\r\n|\n|\r/);
  const headerAt = lines.findIndex((line) => line.trim() !== '');
  const header = lines[headerAt] ?? '';
  const delimiter = [',', ';', '\t', '|'].find((each) => header.includes(each)) ?? ',';
  const names = (splitLine(header, delimiter) ?? []).map(normalise);
  const table = new Table(lines, headerAt, delimiter, names);

  if (table.has('open', 'high', 'low', 'close') && (table.has('date') || table.has('stamp')))
    return readBars(table);
  if (table.has('ms', 'bid', 'ask')) return readQuotes(table);
  if (table.has('ms', 'price', 'size')) return readTrades(table);
  if (table.has('date', 'price_factor', 'split_factor')) return readFactors(table);
  return unknown(`its first line is "${header.slice(0, 80)}"`);
}

function unknown(because: string): FileRefusal {
  return refuse('FORMAT_UNKNOWN', `The format is not known: ${because}. Known are ${KNOWN_FORMATS}.`);
}

function normalise(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[\s.]+/g, '_');
  return ALIASES[plain] ?? plain;
}

/** Thrown by a cell that cannot be read and caught by the table: the rest of its row does not matter then. */
class BadCell extends Error {
  constructor(
    readonly kind: BadRowKind,
    detail: string,
  ) {
    super(detail);
  }
}

class Table {
  rounded = 0;

  constructor(
    private readonly lines: readonly string[],
    private readonly headerAt: number,
    private readonly delimiter: string,
    private readonly names: readonly string[],
  ) {}

  has(...names: readonly string[]): boolean {
    return names.every((name) => this.names.includes(name));
  }

  /** Every row that `read` makes of the cells below the header. */
  rows<Row>(read: (row: TableRow) => Row): Rows<Row> {
    const rows: Row[] = [];
    const bad: BadRow[] = [];
    const header = this.lines[this.headerAt]?.trim();
    for (let index = this.headerAt + 1; index < this.lines.length; index++) {
      const text = this.lines[index] ?? '';
      if (text.trim() === '') continue;
      const line = index + 1;
      try {
        if (text.trim() === header) throw new BadCell('HEADER', excerpt(text));
        const cells = splitLine(text, this.delimiter);
        if (!cells) throw new BadCell('QUOTES', excerpt(text));
        if (cells.length !== this.names.length) {
          throw new BadCell('COLUMNS', `${cells.length} in place of ${this.names.length}: ${excerpt(text)}`);
        }
        rows.push(read(new TableRow(line, cells, this.names, this)));
      } catch (error) {
        if (!(error instanceof BadCell)) throw error;
        bad.push({ line, kind: error.kind, detail: error.message });
      }
    }
    return { read: rows.length + bad.length, rows, bad, rounded: this.rounded };
  }
}

class TableRow {
  constructor(
    readonly line: number,
    private readonly cells: readonly string[],
    private readonly names: readonly string[],
    private readonly table: Table,
  ) {}

  text(name: string): string {
    return this.cells[this.names.indexOf(name)] ?? '';
  }

  price(name: string): bigint {
    const price = readPrice(this.text(name));
    if (!price) throw new BadCell('PRICE', `${name} ${excerpt(this.text(name))}`);
    if (price.isRounded) this.table.rounded += 1;
    return price.minor;
  }

  positivePrice(name: string): bigint {
    const price = this.price(name);
    if (price <= 0n) throw new BadCell('PRICE_NOT_POSITIVE', `${name} ${this.text(name)}`);
    return price;
  }

  volume(name: string): bigint {
    const volume = readWhole(this.text(name));
    if (volume === undefined) throw new BadCell('VOLUME', `${name} ${excerpt(this.text(name))}`);
    if (volume < 0n) throw new BadCell('VOLUME_NEGATIVE', `${name} ${this.text(name)}`);
    return volume;
  }

  date(): string {
    const date = readDate(this.text('date'));
    if (date === undefined) throw new BadCell('DATE', excerpt(this.text('date')));
    return date;
  }

  stamp(): Stamp {
    if (this.names.includes('stamp')) {
      const stamp = readStamp(this.text('stamp'));
      if (!stamp) throw new BadCell('DATE', excerpt(this.text('stamp')));
      return stamp;
    }
    // A date column may hold the time as well.
    const stamp = readStamp(this.text('date'));
    if (!stamp) throw new BadCell('DATE', excerpt(this.text('date')));
    if (!this.names.includes('time')) return stamp;
    const timeMs = readTime(this.text('time'));
    if (timeMs === undefined) throw new BadCell('TIME', excerpt(this.text('time')));
    return { date: stamp.date, timeMs };
  }

  timeOfDay(): number {
    const ms = readWhole(this.text('ms'));
    if (ms === undefined || ms < 0n || ms >= BigInt(DAY_MS))
      throw new BadCell('TIME', `ms ${excerpt(this.text('ms'))}`);
    return Number(ms);
  }

  flag(name: string): boolean {
    return /^(1|true|t|y|yes)$/i.test(this.text(name));
  }

  factor(name: string): string {
    const text = this.text(name);
    if (!/^\d{1,9}(\.\d{1,18})?$/.test(text) || !/[1-9]/.test(text))
      throw new BadCell('FACTOR', `${name} ${excerpt(text)}`);
    return text;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function readBars(table: Table): MarketFile {
  const hasVolume = table.has('volume');
  const rows = table.rows((row): BarRow => {
    const stamp = row.stamp();
    const [open, high, low, close] = [
      row.positivePrice('open'),
      row.positivePrice('high'),
      row.positivePrice('low'),
      row.positivePrice('close'),
    ];
    if (low > open || low > close || high < open || high < close) {
      const cells = ['open', 'high', 'low', 'close'].map((name) => `${name} ${row.text(name)}`);
      throw new BadCell('RANGE', cells.join(', '));
    }
    return {
      line: row.line,
      ...stamp,
      open,
      high,
      low,
      close,
      volume: hasVolume ? row.volume('volume') : 0n,
    };
  });
  return { kind: 'BARS', hasVolume, ...rows };
}

function readTrades(table: Table): MarketFile {
  const rows = table.rows((row): TradeRow => {
    const timeMs = row.timeOfDay();
    const price = row.positivePrice('price');
    const size = row.volume('size');
    return {
      line: row.line,
      timeMs,
      price,
      size,
      venue: row.text('venue'),
      isSuspicious: row.flag('suspicious'),
    };
  });
  return { kind: 'TRADES', ...rows };
}

function readQuotes(table: Table): MarketFile {
  const hasSizes = table.has('bid_size', 'ask_size');
  const rows = table.rows((row): QuoteRow => {
    const timeMs = row.timeOfDay();
    const [bid, ask] = [row.price('bid'), row.price('ask')];
    if (bid < 0n || ask < 0n)
      throw new BadCell('PRICE_NOT_POSITIVE', `bid ${row.text('bid')}, ask ${row.text('ask')}`);
    return {
      line: row.line,
      timeMs,
      bid,
      bidSize: hasSizes ? row.volume('bid_size') : 0n,
      ask,
      askSize: hasSizes ? row.volume('ask_size') : 0n,
      venue: row.text('venue'),
      isSuspicious: row.flag('suspicious'),
    };
  });
  return { kind: 'QUOTES', ...rows };
}

function readFactors(table: Table): MarketFile {
  const rows = table.rows((row): FactorRow => ({
    line: row.line,
    date: row.date(),
    priceFactor: row.factor('price_factor'),
    splitFactor: row.factor('split_factor'),
  }));
  return { kind: 'FACTORS', ...rows };
}

/** Market hours as LEAN writes them: `exchangeTimeZone` and `holidays`, a list of dates. */
function readHours(text: string): MarketFile | FileRefusal {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return unknown('it looks like JSON and is none');
  }
  const { exchangeTimeZone, holidays } = (parsed ?? {}) as { exchangeTimeZone?: unknown; holidays?: unknown };
  if (!Array.isArray(holidays)) return unknown('it is JSON without a list of "holidays"');
  const dates: string[] = [];
  const unread: string[] = [];
  for (const each of holidays as unknown[]) {
    const date = typeof each === 'string' ? readDate(each) : undefined;
    if (date === undefined) unread.push(shortened(JSON.stringify(each)));
    else dates.push(date);
  }
  const zone = typeof exchangeTimeZone === 'string' ? exchangeTimeZone : 'Asia/Kolkata';
  return { kind: 'MARKET_HOURS', zone, holidays: [...new Set(dates)].sort(), unread };
}
