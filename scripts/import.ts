/** `npm run import -- FILE ...`: reads a file of market data, says what is wrong with it, and keeps the rest. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { readConfig } from '@gridworks/kit/config';
import type { Database, Tx } from '@gridworks/kit/db';
import type { Currency } from '@gridworks/kit/money';
import { isRefusal, type Refusal } from '@gridworks/kit/refusal';
import {
  badRows,
  describeBars,
  describeQuotes,
  describeTrades,
  entry,
} from '@gridworks/trading/domain/bars/describe';
import { actionsOf } from '@gridworks/trading/domain/bars/factor';
import { readDate } from '@gridworks/trading/domain/bars/field';
import { readMarketFile, type MarketFile } from '@gridworks/trading/domain/bars/file';
import { inspectBars } from '@gridworks/trading/domain/bars/inspect';
import { inspectQuotes, inspectTrades } from '@gridworks/trading/domain/bars/tick';
import { AMERICAN_HOURS, Calendar, INDIAN_HOLIDAYS, INDIAN_HOURS } from '@gridworks/trading/domain/calendar';
import type { Candle, StoredInterval } from '@gridworks/trading/domain/candle';
import {
  EXCHANGES,
  INSTRUMENT_KINDS,
  isSymbol,
  listingOf,
  symbolOf,
  tickSizeFor,
  type Exchange,
  type Instrument,
  type InstrumentKind,
} from '@gridworks/trading/domain/instrument';
import { recordCandles, type RecordedCandles } from '@gridworks/trading/store/candle';
import {
  InstrumentStore,
  recordCorporateActions,
  recordHolidays,
  registerInstruments,
  type InstrumentRow,
} from '@gridworks/trading/store/instrument';
import { openDatabase } from './platform.ts';

const USAGE = `Usage: npm run import -- FILE --symbol SYMBOL [options]

FILE is CSV, plain or gzip: bars (date[,time],open,high,low,close[,volume]), trades (ms,price,size), quotes
(ms,bid,bid_size,ask,ask_size) or adjustment factors (date,price_factor,split_factor); or market hours as JSON, which
need no symbol.

  --symbol SYMBOL        the instrument, such as FEDERALBNK; it is registered when it is not known
  --interval 1m|1d       what the file should hold; checked against what it does hold
  --stamps start|end     what the stamps of minute bars mark, when the file itself does not tell
  --exchange NSE|BSE     default NSE; BSE listings get the symbol BSE:SYMBOL
  --currency INR|USD     default INR; files in USD are read in New York's time
  --name NAME            name of a new instrument
  --kind EQUITY|INDEX|ETF  kind of a new instrument
  --date YYYY-MM-DD      the day of a file of trades or quotes, when its name does not tell
  --keep-bad             keep bad ticks and suspicious trades as well
  --dry-run              report, and keep nothing
  --json                 the report as JSON`;

const OPTIONS = {
  symbol: { type: 'string' },
  interval: { type: 'string' },
  stamps: { type: 'string' },
  exchange: { type: 'string' },
  currency: { type: 'string' },
  name: { type: 'string' },
  kind: { type: 'string' },
  date: { type: 'string' },
  'keep-bad': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

interface Request {
  readonly path: string;
  readonly symbol: string | undefined;
  readonly interval: StoredInterval | undefined;
  readonly stamps: 'START' | 'END' | undefined;
  readonly exchange: Exchange;
  readonly currency: Currency | undefined;
  readonly name: string | undefined;
  readonly kind: InstrumentKind | undefined;
  readonly date: string | undefined;
  readonly keepBad: boolean;
  readonly dryRun: boolean;
}

/** What a command has to say: to people, and to programs. */
interface Outcome {
  readonly lines: readonly string[];
  readonly json: object;
}

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args);
  if (values.help) return console.log(USAGE);
  const request = toRequest(values, positionals);
  const file = answered(readMarketFile(readText(request.path)));
  const outcome = await importFile(file, request);
  const heading = `${basename(request.path)}${request.symbol === undefined ? '' : ` as ${request.symbol}`}`;
  if (values.json) {
    const whole = { file: basename(request.path), symbol: request.symbol ?? null, dryRun: request.dryRun };
    console.log(JSON.stringify({ ...whole, ...outcome.json }, null, 2));
  } else {
    console.log([heading, ...outcome.lines].join('\n'));
  }
}

function readArguments(args: string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`, { cause: error });
  }
}

function parse(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true });
}

function toRequest(values: ReturnType<typeof parse>['values'], [path, ...more]: readonly string[]): Request {
  if (path === undefined) throw new Error(`Which file?\n\n${USAGE}`);
  if (more.length > 0) throw new Error(`One file at a time; "${more[0]}" is one too many.`);
  const exchange = oneOf('exchange', values.exchange?.toUpperCase(), EXCHANGES) ?? 'NSE';
  const interval = oneOf('interval', values.interval, ['1m', '1d'] as const);
  const given = values.symbol?.toUpperCase();
  const symbol = given === undefined || given.includes(':') ? given : symbolOf(exchange, given);
  if (symbol !== undefined && !isSymbol(symbol)) throw new Error(`"${values.symbol}" is not a symbol.`);
  const date = values.date === undefined ? undefined : readDate(values.date);
  if (values.date !== undefined && date === undefined)
    throw new Error(`--date: "${values.date}" is not a date.`);
  return {
    path,
    symbol,
    interval: interval && (interval === '1m' ? 'ONE_MINUTE' : 'ONE_DAY'),
    stamps: oneOf('stamps', values.stamps?.toUpperCase(), ['START', 'END'] as const),
    exchange: symbol?.startsWith('BSE:') ? 'BSE' : exchange,
    currency: oneOf('currency', values.currency?.toUpperCase(), ['INR', 'USD'] as const),
    name: values.name,
    kind: oneOf('kind', values.kind?.toUpperCase(), INSTRUMENT_KINDS),
    date,
    keepBad: values['keep-bad'] ?? false,
    dryRun: values['dry-run'] ?? false,
  };
}

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Error(`--${option}: "${value}" is none of ${allowed.join(', ')}.`);
  return found;
}

/** The text of a file, unpacked if it is gzip. */
export function readText(path: string): string {
  if (!existsSync(path) || !statSync(path).isFile()) throw new Error(`There is no file ${path}.`);
  const bytes = readFileSync(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw new Error(`${path} is damaged: it begins like gzip and cannot be unpacked.`, { cause: error });
  }
}

/** The value, or the refusal as the sentence that ends the command. */
export function answered<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Error(value.message);
  return value;
}

/** Ends a transaction that must leave nothing behind, with its result. */
class Undone<T> extends Error {
  constructor(readonly result: T) {
    super('undone');
  }
}

/** A dry run does the same work on the same database, so that it says the same, and takes it all back. */
async function inTransaction<T>(db: Database, dryRun: boolean, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await db.systemTransaction(async (tx) => {
      const result = await work(tx);
      if (dryRun) throw new Undone(result);
      return result;
    });
  } catch (error) {
    if (error instanceof Undone) return error.result as T;
    throw error;
  }
}

async function importFile(file: MarketFile, request: Request): Promise<Outcome> {
  if (file.kind !== 'MARKET_HOURS' && request.symbol === undefined) {
    throw new Error('Of which instrument is this file? Say --symbol SYMBOL.');
  }
  const database = await openDatabase(readConfig());
  const { db } = database;
  try {
    const instruments = new InstrumentStore(db);
    if (file.kind === 'MARKET_HOURS') return await importHours(db, file, request);
    const symbol = request.symbol ?? '';
    const [known] = await instruments.bySymbols([symbol]);
    checkAgainst(known, request);
    if (file.kind === 'FACTORS') return await importFactors(db, file, symbol, request);
    if (file.kind === 'BARS') return await importBars(db, file, symbol, known, request);
    return await importTicks(db, file, symbol, known, request);
  } finally {
    await database.close();
  }
}

/** What the command line says about an instrument must not contradict what is known of it. */
function checkAgainst(known: InstrumentRow | undefined, { currency, kind }: Request): void {
  if (!known) return;
  if (currency !== undefined && currency !== known.currency) {
    throw new Error(`${known.symbol} is known in ${known.currency}, not in ${currency}.`);
  }
  if (kind !== undefined && kind !== known.kind) {
    throw new Error(`${known.symbol} is known as ${known.kind}, not as ${kind}.`);
  }
}

async function importHours(
  db: Database,
  file: Extract<MarketFile, { kind: 'MARKET_HOURS' }>,
  { exchange, dryRun }: Request,
): Promise<Outcome> {
  const { holidays, unread, zone } = file;
  if (holidays.length === 0) throw new Error('The file names no holidays.');
  if (zone !== INDIAN_HOURS.zone) {
    throw new Error(
      `These are the holidays of an exchange in ${zone}; ${exchange} is in ${INDIAN_HOURS.zone}.`,
    );
  }
  const added = await inTransaction(db, dryRun, (tx) => recordHolidays(tx, exchange, holidays));
  const calendar = new Calendar(holidays);
  const years = [...new Set(holidays.map((date) => Number(date.slice(0, 4))))];
  const partial = years.filter((year) => !calendar.covers(year));
  return {
    json: {
      format: 'MARKET_HOURS',
      exchange,
      holidays: holidays.length,
      unread,
      added,
      partialYears: partial,
    },
    lines: [
      ...entry('Market hours', [
        `${holidays.length} holidays of ${exchange}, ${holidays[0]} to ${holidays.at(-1)}`,
      ]),
      ...entry('Unread', [unread.length === 0 ? 'none' : unread.slice(0, 10).join(', ')]),
      ...entry('Years not whole', [
        partial.length === 0
          ? 'none'
          : `${partial.join(', ')}: too few for a whole year; together with what is known from elsewhere they may be`,
      ]),
      ...entry(dryRun ? 'Would keep' : 'Kept', [`${added} new, ${holidays.length - added} known before`]),
    ],
  };
}

async function importFactors(
  db: Database,
  file: Extract<MarketFile, { kind: 'FACTORS' }>,
  symbol: string,
  { path, exchange, dryRun }: Request,
): Promise<Outcome> {
  const calendar = await calendarOf(db, exchange);
  const source = basename(path);
  const actions = actionsOf(file.rows, calendar).map((action) => ({ symbol, source, ...action }));
  const written = await inTransaction(db, dryRun, (tx) => recordCorporateActions(tx, actions));
  return {
    json: {
      format: 'FACTORS',
      rows: { read: file.read, bad: file.bad.length },
      badRows: file.bad,
      actions,
      written,
    },
    lines: [
      ...entry('Factors', [`${file.read} rows read`]),
      ...entry('Bad rows', badRows(file.bad)),
      ...entry(
        'Corporate actions',
        actions.length === 0
          ? ['none']
          : actions.map(({ exDate, kind, priceFactor, splitFactor }) =>
              kind === 'DIVIDEND'
                ? `${exDate}: dividend, earlier prices x ${priceFactor}`
                : `${exDate}: split or bonus, earlier prices x ${splitFactor}` +
                  (priceFactor === '1' ? '' : `, and x ${priceFactor} for a dividend`),
            ),
      ),
      ...entry(dryRun ? 'Would keep' : 'Kept', [
        `${written} new or changed, ${actions.length - written} known before`,
      ]),
    ],
  };
}

async function importBars(
  db: Database,
  file: Extract<MarketFile, { kind: 'BARS' }>,
  symbol: string,
  known: InstrumentRow | undefined,
  request: Request,
): Promise<Outcome> {
  const { kind, currency } = traitsOf(symbol, known, request);
  const { report, candles } = answered(
    inspectBars(file, {
      kind,
      currency,
      hours: currency === 'USD' ? AMERICAN_HOURS : INDIAN_HOURS,
      calendar: await calendarOf(db, request.exchange, currency),
      actions: await new InstrumentStore(db).corporateActions(symbol),
      stamps: request.stamps,
      keepBad: request.keepBad,
    }),
  );
  if (request.interval !== undefined && request.interval !== report.interval) {
    throw new Error(
      `The file holds bars of one ${report.interval === 'ONE_DAY' ? 'day' : 'minute'}; --interval says otherwise.`,
    );
  }
  const kept = await keep(db, symbol, known, report.interval, candles, request);
  return { json: { report, ...kept.json }, lines: [...describeBars(report), ...kept.lines] };
}

async function importTicks(
  db: Database,
  file: Extract<MarketFile, { kind: 'TRADES' | 'QUOTES' }>,
  symbol: string,
  known: InstrumentRow | undefined,
  request: Request,
): Promise<Outcome> {
  if (request.interval === 'ONE_DAY')
    throw new Error('Trades make bars of one minute; --interval says otherwise.');
  const { currency } = traitsOf(symbol, known, request);
  const options = {
    date: request.date ?? dateInName(request.path),
    hours: currency === 'USD' ? AMERICAN_HOURS : INDIAN_HOURS,
    keepBad: request.keepBad,
  };
  if (file.kind === 'QUOTES') {
    const { report } = answered(inspectQuotes(file, options));
    const nothing = ['nothing: quotes make no bars; npm run replay plays them'];
    return { json: { report }, lines: [...describeQuotes(report), ...entry('Kept', nothing)] };
  }
  const { report, candles } = answered(inspectTrades(file, options));
  const kept = await keep(db, symbol, known, 'ONE_MINUTE', candles, request);
  return { json: { report, ...kept.json }, lines: [...describeTrades(report), ...kept.lines] };
}

/** The day of a tick file by its name: `IBM-20131011-trade.csv.gz`. */
export function dateInName(path: string): string {
  const found = basename(path).match(/\d{4}-\d{2}-\d{2}|\d{8}/g) ?? [];
  const dates = found.map(readDate).filter((date) => date !== undefined);
  if (dates.length !== 1)
    throw new Error('Of which day is this file? Its name does not tell: say --date YYYY-MM-DD.');
  return dates[0] as string;
}

const INDEX_NAME = /NIFTY|SENSEX|BANKEX/;

/** What is known of an instrument, else what was said, else what its symbol suggests. */
function traitsOf(
  symbol: string,
  known: InstrumentRow | undefined,
  { kind, currency }: Request,
): { kind: InstrumentKind; currency: Currency } {
  return {
    kind: known?.kind ?? kind ?? (INDEX_NAME.test(listingOf(symbol)) ? 'INDEX' : 'EQUITY'),
    currency: known?.currency ?? currency ?? 'INR',
  };
}

/** The product's own calendar and what was imported to it; none for instruments quoted in dollars. */
async function calendarOf(db: Database, exchange: Exchange, currency: Currency = 'INR'): Promise<Calendar> {
  if (currency !== 'INR') return new Calendar([]);
  return new Calendar([...INDIAN_HOLIDAYS, ...(await new InstrumentStore(db).holidays(exchange))]);
}

async function keep(
  db: Database,
  symbol: string,
  known: InstrumentRow | undefined,
  interval: StoredInterval,
  candles: readonly Candle[],
  request: Request,
): Promise<Outcome> {
  const { dryRun } = request;
  const added = known ? undefined : newInstrument(symbol, candles, request);
  const recorded = await inTransaction(db, dryRun, async (tx) => {
    if (added) await registerInstruments(tx, [added]);
    return recordCandles(tx, symbol, interval, 'IMPORT', candles);
  });
  const lines = entry(dryRun ? 'Would keep' : 'Kept', [countsOf(recorded)]);
  if (!added) return { json: { recorded, registered: null }, lines };
  const { name, exchange, kind, currency, tickSize } = added;
  const registered = { symbol, name, exchange, kind, currency, tickSizeMinor: Number(tickSize) };
  const what = `${symbol} as ${kind} of ${exchange} in ${currency}, tick size 0.${tickSize.toString().padStart(2, '0')}`;
  return {
    json: { recorded, registered },
    lines: [...lines, ...entry(dryRun ? 'Would register' : 'Registered', [`${what}: it was not known`])],
  };
}

function countsOf({ inserted, changed, unchanged }: RecordedCandles): string {
  return `${inserted} bars inserted, ${changed} changed, ${unchanged} unchanged`;
}

function newInstrument(symbol: string, candles: readonly Candle[], request: Request): Instrument {
  const { kind, currency } = traitsOf(symbol, undefined, request);
  const referencePrice = candles.at(-1)?.close ?? 1n;
  return {
    symbol,
    name: request.name ?? listingOf(symbol),
    exchange: request.exchange,
    kind,
    isin: null,
    currency,
    sector: null,
    tickSize: tickSizeFor(referencePrice, kind, currency),
    lotSize: 1n,
    referencePrice,
  };
}
