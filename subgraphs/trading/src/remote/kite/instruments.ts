/** Kite's list of instruments, a CSV of the day: which number stands for which symbol on the ticker. */
import { EXCHANGES, symbolOf } from './wire.ts';

const COLUMNS = ['instrument_token', 'tradingsymbol', 'exchange'] as const;

/** The tokens by our symbols; undefined when the text is no such list. What is not traded here is left out. */
export function readInstruments(csv: string): ReadonlyMap<string, number> | undefined {
  const [header = '', ...lines] = csv.split(/\r?\n/);
  const names = header.split(',');
  const [tokenAt, symbolAt, exchangeAt] = COLUMNS.map((column) => names.indexOf(column));
  if (tokenAt === undefined || symbolAt === undefined || exchangeAt === undefined) return undefined;
  if (Math.min(tokenAt, symbolAt, exchangeAt) < 0) return undefined;
  const tokens = new Map<string, number>();
  for (const line of lines) {
    const cells = cellsOf(line);
    const [exchange = '', tradingsymbol = ''] = [cells[exchangeAt], cells[symbolAt]];
    const token = Number(cells[tokenAt]);
    const isListed = EXCHANGES.includes(exchange) && tradingsymbol !== '' && Number.isInteger(token);
    if (isListed) tokens.set(symbolOf({ exchange, tradingsymbol }), token);
  }
  return tokens;
}

/** The cells of a line; one in quotes may hold commas. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
