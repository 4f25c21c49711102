/** `npm run replay -- FILE ...`: plays recorded market data through the exchange of a running graph, as live ticks. */
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readConfig } from '@gridworks/kit/config';
import { formatDecimal, parseDecimal, type Currency } from '@gridworks/kit/money';
import { readDate, readStamp } from '@gridworks/trading/domain/bars/field';
import { readMarketFile, type MarketFile } from '@gridworks/trading/domain/bars/file';
import { inspectBars } from '@gridworks/trading/domain/bars/inspect';
import { bestQuotes, pathOf } from '@gridworks/trading/domain/bars/path';
import { inspectQuotes, inspectTrades } from '@gridworks/trading/domain/bars/tick';
import {
  AMERICAN_HOURS,
  Calendar,
  INDIAN_HOLIDAYS,
  INDIAN_HOURS,
  addDays,
  instantOf,
  type MarketHours,
} from '@gridworks/trading/domain/calendar';
import type { Candle, StoredInterval } from '@gridworks/trading/domain/candle';
import { isSymbol, type InstrumentKind } from '@gridworks/trading/domain/instrument';
import { DEMO_PASSWORD, TENANTS, USERS } from '../prisma/seed/story.ts';
import { answered, dateInName, readText } from './import.ts';

const USAGE = `Usage: npm run replay -- [FILE] --symbol SYMBOL [options]

Plays FILE (bars, trades or quotes, as npm run import reads them) through the exchange of the running server; without
FILE, the bars that the server has stored.

  --symbol SYMBOL       the instrument; the server must know it
  --speed N|max         times the recorded pace, default 60; stretches without prints are cut to a minute
  --from, --to TIME     the part to play: 2015-09-16 or 2015-09-16T10:30; --to a day includes it
  --limit N             stop after N prints and quotes
  --loop                begin again at the end, until Ctrl-C
  --url URL             default http://127.0.0.1:PORT/graphql
  --interval 1m|1d      which stored bars to play without FILE, default 1m; the last 1,000 when there is no --from
  --stamps start|end, --date YYYY-MM-DD, --keep-bad   as for npm run import

It signs in as the demonstration's operator; GRIDWORKS_OPERATOR_TENANT, GRIDWORKS_OPERATOR_EMAIL and
GRIDWORKS_OPERATOR_PASSWORD name another.`;

const OPTIONS = {
  symbol: { type: 'string' },
  speed: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  limit: { type: 'string' },
  loop: { type: 'boolean' },
  url: { type: 'string' },
  interval: { type: 'string' },
  stamps: { type: 'string' },
  date: { type: 'string' },
  'keep-bad': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

/** One recorded thing on its way to the exchange. */
interface Entry {
  /** Instant it was recorded at. */
  readonly at: number;
  readonly price: bigint;
  readonly quantity: bigint;
  /** The side that a best quote is of; undefined for a print. */
  readonly side?: 'BUY' | 'SELL';
}

interface Operator {
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
}

/** More entries a request would only make the ticks come in lumps. */
const BATCH_MAX = 500;
const GAP_MS_MAX = 60_000;
const STORED_PAGE = 1_000;
/** Entries that fall due within so much time travel together. */
const WINDOW_MS = 50;
const PROGRESS_MS = 5_000;
const PROGRESS_TTY_MS = 200;

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return console.log(USAGE);
  const [path, ...more] = positionals;
  if (more.length > 0) throw new Error(`One file at a time; "${more[0]}" is one too many.`);
  const symbol = values.symbol?.toUpperCase();
  if (symbol === undefined || !isSymbol(symbol))
    throw new Error(`Which instrument? Say --symbol SYMBOL.\n\n${USAGE}`);
  const speed = speedOf(values.speed);
  const limit = values.limit === undefined ? Infinity : Number(values.limit);
  if (!(limit >= 1)) throw new Error(`--limit: "${values.limit}" is not a number of prints.`);

  // A file that cannot be read is better told before anything is asked of the server.
  const file = path === undefined ? undefined : answered(readMarketFile(readText(path)));
  const { host, port } = readConfig();
  const url = values.url ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/graphql`;
  const graph = new Graph(url, {
    tenant: process.env['GRIDWORKS_OPERATOR_TENANT'] ?? TENANTS.gridworks.slug,
    email: process.env['GRIDWORKS_OPERATOR_EMAIL'] ?? USERS.ops.email,
    password: process.env['GRIDWORKS_OPERATOR_PASSWORD'] ?? DEMO_PASSWORD,
  });
  await graph.signIn();
  const instrument = await graph.instrument(symbol);
  const hours = instrument.currency === 'USD' ? AMERICAN_HOURS : INDIAN_HOURS;
  const span = { from: boundary(values.from, hours, 0), to: boundary(values.to, hours, 1) };
  const recorded = file
    ? entriesOf(file, path ?? '', instrument, hours, values)
    : await storedEntries(graph, symbol, intervalOf(values.interval), span);
  const entries = recorded.filter(({ at }) => at >= span.from && at < span.to).slice(0, limit);
  if (entries.length === 0) throw new Error('There is nothing to play in this span.');

  const what = path === undefined ? 'the stored bars' : basename(path);
  console.log(
    `Playing ${what} as ${symbol}: ${grouped(entries.length)} prints and quotes at ` +
      `${speed === Infinity ? 'full speed' : `${speed} times the recorded pace`}. Ctrl-C ends it.`,
  );
  await play(graph, symbol, entries, { speed, loop: values.loop ?? false, zone: hours.zone });
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`, { cause: error });
  }
}

function speedOf(text: string | undefined): number {
  if (text === 'max') return Infinity;
  const speed = Number(text ?? 60);
  if (!(speed > 0)) throw new Error(`--speed: "${text}" is neither a number above zero nor "max".`);
  return speed;
}

function intervalOf(text: string | undefined): StoredInterval {
  if (text !== undefined && text !== '1m' && text !== '1d')
    throw new Error(`--interval: "${text}" is none of 1m, 1d.`);
  return text === '1d' ? 'ONE_DAY' : 'ONE_MINUTE';
}

/** The instant of `--from` (rank 0) or `--to` (rank 1); open ends are infinite. */
function boundary(text: string | undefined, { zone }: MarketHours, rank: 0 | 1): number {
  if (text === undefined) return rank === 0 ? -Infinity : Infinity;
  const stamp = readStamp(text);
  if (!stamp) throw new Error(`"${text}" is not a time; write 2015-09-16 or 2015-09-16T10:30.`);
  if (stamp.timeMs !== undefined) return instantOf(zone, stamp.date, stamp.timeMs);
  return instantOf(zone, rank === 0 ? stamp.date : addDays(stamp.date, 1), 0);
}

interface KnownInstrument {
  readonly kind: InstrumentKind;
  readonly currency: Currency;
}

function entriesOf(
  file: MarketFile,
  path: string,
  { kind, currency }: KnownInstrument,
  hours: MarketHours,
  values: Values,
): Entry[] {
  const keepBad = values['keep-bad'] ?? false;
  if (file.kind === 'BARS') {
    const stamps = values.stamps?.toUpperCase();
    if (stamps !== undefined && stamps !== 'START' && stamps !== 'END') {
      throw new Error(`--stamps: "${values.stamps}" is none of start, end.`);
    }
    const calendar = new Calendar(INDIAN_HOLIDAYS);
    const { report, candles } = answered(
      inspectBars(file, { kind, currency, hours, calendar, actions: [], stamps, keepBad }),
    );
    sayLeftOut(report.rows.read - report.rows.kept);
    return candles.flatMap((candle) => pathOf(candle, report.interval));
  }
  if (file.kind !== 'TRADES' && file.kind !== 'QUOTES')
    throw new Error('This file holds nothing that could be played.');
  const date = values.date === undefined ? dateInName(path) : readDate(values.date);
  if (date === undefined) throw new Error(`--date: "${values.date}" is not a date.`);
  const midnight = instantOf(hours.zone, date, 0);
  if (file.kind === 'TRADES') {
    const { report, trades } = answered(inspectTrades(file, { date, hours, keepBad }));
    sayLeftOut(report.rows.read - report.rows.kept);
    return trades.map(({ timeMs, price, size }) => ({ at: midnight + timeMs, price, quantity: size }));
  }
  const { report, quotes } = answered(inspectQuotes(file, { date, hours, keepBad }));
  sayLeftOut(report.rows.read - report.rows.kept);
  return bestQuotes(quotes).map(({ timeMs, ...quote }) => ({ at: midnight + timeMs, ...quote }));
}

function sayLeftOut(rows: number): void {
  if (rows > 0) console.log(`${rows} rows are left out: bad or duplicate; npm run import tells which.`);
}

async function storedEntries(
  graph: Graph,
  symbol: string,
  interval: StoredInterval,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Entry[]> {
  const candles: Candle[] = [];
  let before = to;
  do {
    const page = await graph.candles(symbol, interval, before);
    candles.unshift(...page);
    before = page.length < STORED_PAGE ? -Infinity : (page[0]?.start ?? -Infinity);
  } while (from !== -Infinity && before > from);
  return candles.flatMap((candle) => pathOf(candle, interval));
}

/** Sends entries when they are due, until all are sent or somebody wants it to end. */
async function play(
  graph: Graph,
  symbol: string,
  entries: readonly Entry[],
  { speed, loop, zone }: { readonly speed: number; readonly loop: boolean; readonly zone: string },
): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => {
    // A second Ctrl-C ends the process as it would have without us.
    process.removeListener('SIGINT', onSignal);
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const progress = new Progress(entries.length, zone);
  try {
    do {
      await playOnce(graph, symbol, entries, speed, stop.signal, progress);
    } while (loop && !stop.signal.aborted);
    progress.end(stop.signal.aborted ? 'Ended early' : 'Done');
  } catch (error) {
    progress.end('Broken off');
    throw error;
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

async function playOnce(
  graph: Graph,
  symbol: string,
  entries: readonly Entry[],
  speed: number,
  stop: AbortSignal,
  progress: Progress,
): Promise<void> {
  const dueMs = dueTimes(entries, speed);
  const began = performance.now();
  let sent = 0;
  while (sent < entries.length && !stop.aborted) {
    const waitMs = (dueMs[sent] ?? 0) - (performance.now() - began);
    if (waitMs > 0) {
      progress.show(entries[sent]?.at ?? 0);
      await sleep(Math.min(waitMs, PROGRESS_TTY_MS), undefined, { signal: stop }).catch(() => undefined);
      continue;
    }
    const now = performance.now() - began + WINDOW_MS;
    let end = sent;
    while (end < entries.length && end - sent < BATCH_MAX && (dueMs[end] ?? 0) <= now) end += 1;
    const batch = entries.slice(sent, end);
    await graph.play(symbol, batch);
    sent = end;
    progress.add(batch.length, batch.at(-1)?.at ?? 0);
  }
}

/** When each entry is due, in milliseconds from the beginning: recorded gaps, cut to a minute, over the speed. */
function dueTimes(entries: readonly { readonly at: number }[], speed: number): number[] {
  let due = 0;
  return entries.map(({ at }, index) => {
    const previous = entries[index - 1]?.at ?? at;
    due += Math.min(GAP_MS_MAX, Math.max(0, at - previous)) / speed;
    return due;
  });
}

/** One line that is written over on a terminal, and a line every few seconds elsewhere. */
class Progress {
  #sent = 0;
  #at = 0;
  #shownMs = performance.now();

  constructor(
    private readonly total: number,
    private readonly zone: string,
  ) {}

  add(count: number, at: number): void {
    this.#sent += count;
    this.show(at);
  }

  show(at: number): void {
    this.#at = at;
    const isTty = process.stdout.isTTY;
    if (performance.now() - this.#shownMs < (isTty ? PROGRESS_TTY_MS : PROGRESS_MS)) return;
    this.#shownMs = performance.now();
    if (isTty) process.stdout.write(`\r${this.#line()}\u001B[K`);
    else console.log(this.#line());
  }

  end(how: string): void {
    if (process.stdout.isTTY) process.stdout.write('\r\u001B[K');
    console.log(`${how}: ${this.#line()}`);
  }

  #line(): string {
    if (this.#sent === 0) return `none of ${grouped(this.total)} sent`;
    const time = new Intl.DateTimeFormat('en-GB', {
      timeZone: this.zone,
      dateStyle: 'medium',
      timeStyle: 'medium',
    }).format(this.#at);
    const rounds = this.#sent > this.total ? `, round ${Math.ceil(this.#sent / this.total)}` : '';
    return `${grouped(this.#sent)} of ${grouped(this.total)} sent${rounds}; ${time}`;
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-IN');
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

interface Refused {
  readonly refusal: { readonly code: string; readonly message: string } | null;
}

/** The graph as this command needs it. Every way it can say no ends the command with one sentence. */
class Graph {
  #token: string | undefined;

  constructor(
    private readonly url: string,
    private readonly operator: Operator,
  ) {}

  async signIn(): Promise<void> {
    this.#token = undefined;
    const { tenant, email, password } = this.operator;
    const { signIn } = await this.#data<{ signIn: Refused & { session: { accessToken: string } | null } }>(
      `mutation SignIn($input: SignInInput!) { signIn(input: $input) { session { accessToken } refusal { code message } } }`,
      { input: { tenant, email, password } },
    );
    if (!signIn.session) {
      throw new Error(
        `${email} cannot sign in to ${tenant}: ${signIn.refusal?.message ?? 'no session was given'} ` +
          'GRIDWORKS_OPERATOR_TENANT, GRIDWORKS_OPERATOR_EMAIL and GRIDWORKS_OPERATOR_PASSWORD name another operator.',
      );
    }
    this.#token = signIn.session.accessToken;
  }

  async instrument(symbol: string): Promise<KnownInstrument> {
    const { instrument } = await this.#data<{ instrument: KnownInstrument | null }>(
      `query Instrument($symbol: String!) { instrument(symbol: $symbol) { kind currency } }`,
      { symbol },
    );
    if (!instrument) {
      throw new Error(
        `The server does not know ${symbol}: import it first, npm run import -- FILE --symbol ${symbol}`,
      );
    }
    return instrument;
  }

  /** Up to a thousand stored bars that start before an instant, oldest first. */
  async candles(symbol: string, interval: StoredInterval, beforeMs: number): Promise<Candle[]> {
    const { instrument } = await this.#data<{ instrument: { candles: readonly CandleText[] } | null }>(
      `query Candles($symbol: String!, $interval: CandleInterval!, $last: Int!, $before: DateTime) {
         instrument(symbol: $symbol) {
           candles(interval: $interval, last: $last, before: $before) { start open high low close volume } } }`,
      {
        symbol,
        interval,
        last: STORED_PAGE,
        before: beforeMs === Infinity ? null : new Date(beforeMs).toISOString(),
      },
    );
    return (instrument?.candles ?? []).map(toCandle);
  }

  async play(symbol: string, entries: readonly Entry[]): Promise<void> {
    const input = {
      symbol,
      prints: entries.filter(({ side }) => side === undefined).map(toInput),
      quotes: entries
        .filter(({ side }) => side !== undefined)
        .map((each) => ({ ...toInput(each), side: each.side })),
    };
    const { playMarket } = await this.#data<{ playMarket: Refused }>(
      `mutation Play($input: PlayMarketInput!) { playMarket(input: $input) { refusal { code message } } }`,
      { input },
    );
    if (playMarket.refusal) throw new Error(`The exchange refuses: ${playMarket.refusal.message}`);
  }

  async #data<T>(query: string, variables: object): Promise<T> {
    const answer = await this.#ask(query, variables);
    const error = answer.errors?.[0];
    const code = error?.extensions?.code;
    if (code === 'TOKEN_EXPIRED' && this.#token !== undefined) {
      // Access tokens last an hour, and a replay may last longer.
      await this.signIn();
      return this.#data(query, variables);
    }
    if (code === 'FORBIDDEN')
      throw new Error(`${this.operator.email} is no operator, and only operators play the market.`);
    if (error || !answer.data)
      throw new Error(`${this.url} answers: ${error?.message ?? 'nothing'} (${code ?? 'no code'})`);
    return answer.data as T;
  }

  async #ask(query: string, variables: object): Promise<Answer> {
    let response: Response;
    try {
      response = await fetch(this.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
    } catch (error) {
      throw new Error(
        `No server answers at ${this.url}. Start it with "npm start", or name another with --url.`,
        {
          cause: error,
        },
      );
    }
    const text = await response.text();
    try {
      return JSON.parse(text) as Answer;
    } catch (error) {
      throw new Error(`${this.url} does not speak GraphQL (status ${response.status}).`, { cause: error });
    }
  }
}

interface CandleText {
  readonly start: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** A string beyond what a JSON number holds exactly. */
  readonly volume: number | string;
}

function toCandle({ start, open, high, low, close, volume }: CandleText): Candle {
  return {
    start: Date.parse(start),
    open: toMinor(open),
    high: toMinor(high),
    low: toMinor(low),
    close: toMinor(close),
    volume: BigInt(volume),
  };
}

function toMinor(text: string): bigint {
  const minor = parseDecimal(text);
  if (minor === undefined) throw new Error(`The server answers a price of "${text}".`);
  return minor;
}

function toInput({ at, price, quantity }: Entry): { at: string; price: string; quantity: number | string } {
  const isExact = quantity <= BigInt(Number.MAX_SAFE_INTEGER);
  return {
    at: new Date(at).toISOString(),
    price: formatDecimal(price),
    quantity: isExact ? Number(quantity) : quantity.toString(),
  };
}
