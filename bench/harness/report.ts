/** What a benchmark prints: its progress, a table for people, and one line of JSON for everything else. */
import { describeMachine } from './machine.ts';
import { say } from './say.ts';

export interface Report {
  readonly bench: string;
  readonly results: unknown;
  readonly ratios: Readonly<Record<string, number | null>>;
}

/** The last line of every benchmark. A ratio that could not be taken is null. */
export function printReport({ bench, results, ratios }: Report): void {
  const at = new Date().toISOString();
  say(JSON.stringify({ bench, at, machine: describeMachine(), results, ratios }));
}

/** Lines the columns up; the first row is the heading, the first column is text, the others are numbers. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const [heading = [], ...body] = rows;
  say('');
  say(`  ${line(heading)}`);
  say(`  ${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of body) say(`  ${line(row)}`);
  say('');
}

/** A number as people read it; a dash for what there is not. */
export function shown(value: number | undefined, digits = 0): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
