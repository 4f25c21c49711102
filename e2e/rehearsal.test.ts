/** A file with a split, a dividend, a crash and a bad tick, imported, played as live and traded in, to the paisa. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, inject, it } from 'vitest';
import { run } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'gridworks-rehearsal-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const [{ port, dataDir }] = inject('forms') as [ReturnType<typeof inject<'forms'>>[number]];
const env = { PORT: String(port), GRIDWORKS_DATA: dataDir };

/** Weekdays of 2015 from 1 June on; none of the ones that matter is a holiday. */
function weekdays(count: number): string[] {
  const dates: string[] = [];
  for (let at = Date.UTC(2015, 5, 1); dates.length < count; at += 86_400_000)
    if (![0, 6].includes(new Date(at).getUTCDay())) dates.push(new Date(at).toISOString().slice(0, 10));
  return dates;
}

/**
 * Forty days around 150.00; from day 20 on half of it, as after a bonus of 1 for 1. On day 30 it falls by a tenth, and the
 * low of day 10 is a slip of the hand.
 */
function bars(): { readonly dates: string[]; readonly lines: string[] } {
  const dates = weekdays(40);
  const lines = dates.map((date, day) => {
    const level = (day < 20 ? 15_000 : 7_500) + (day % 7) * 10 - (day >= 30 ? 750 : 0);
    const open = day === 30 ? level + 740 : level - 5;
    const low = day === 10 ? 1_500 : Math.min(open, level) - 15;
    const prices = [open, Math.max(open, level) + 20, low, level].map((paise) => (paise / 100).toFixed(2));
    return [date, ...prices, 10_000 + day].join(',');
  });
  return { dates, lines };
}

function write(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  const text = `${lines.join('\n')}\n`;
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

it('agrees with a reckoning by hand over a split and a crash, and says where it would not', async () => {
  const { dates, lines } = bars();
  const on = (day: number): string => dates[day] as string;
  const file = write('share-daily.csv.gz', ['date,open,high,low,close,volume', ...lines]);
  const compact = (day: number): string => on(day).replaceAll('-', '');
  const factors = write('share-factors.csv', [
    'date,price_factor,split_factor',
    `${compact(0)},0.98,0.5`,
    `${compact(19)},0.98,0.5`,
    `${compact(24)},0.98,1`,
    '20501231,1,1',
  ]);
  const trades = write('trades.csv', [
    'date,side,quantity',
    `${on(12)},BUY,7`,
    `${on(19)},BUY,10`,
    `${on(20)},SELL,9`,
    `${on(29)},BUY,30`,
    `${on(30)},SELL,30`,
    `${on(31)},BUY,3`,
  ]);
  const rehearse = ['rehearse', file, '--symbol', 'REHEARSED', '--trades', trades] as const;
  const command = ([name = '', ...args]: readonly string[]): ReturnType<typeof run> => run(name, args, env);

  expect((await command(['import', file, '--symbol', 'REHEARSED'])).output).toMatch(
    /Bad ticks +\d{4}-06-15.*15\.00/,
  );
  // Who does not know of the split takes half of the price for a loss, and half of the shares for all.
  const blind = await command([...rehearse, '--factors', factors]);
  expect(blind).toMatchObject({ code: 1 });
  expect(blind.output).toMatch(/profit: the graph says 11 left, .*, the reckoning 28 left/);

  const imported = await command(['import', factors, '--symbol', 'REHEARSED']);
  expect(imported.output).toMatch(/split or bonus, earlier prices x 0\.5/);
  const rehearsed = await command([...rehearse, '--factors', factors]);
  expect(rehearsed.output).toMatch(/Left out as a bad tick: 2015-06-15 low 15\.00/);
  // Bought 17 at 150.51; sold 9 and 30 of what were 34 and 30 bought at 75.11; 28 and 3 are left.
  expect(rehearsed.output).toMatch(/Profit before charges: 28 left/);
  expect(rehearsed.output).toMatch(/comparisons agree to the paisa, 6 trades among them/);
  expect(rehearsed.code).toBe(0);
});
