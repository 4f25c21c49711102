/** Real market data as an operator would bring it: a dirty file, imported with a report, replayed as live ticks. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { GraphClient } from './client.ts';
import { run } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'gridworks-bars-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two sessions of minutes stamped at their end (09:16 to 15:30), prices wandering by a tick, written with every sort of dirt. */
function dirtyFile(): string {
  const rows: string[] = [];
  let price = 6_000;
  for (const date of ['2015-09-16', '2015-09-18']) {
    for (let minute = 9 * 60 + 16; minute <= 15 * 60 + 30; minute++) {
      const open = price;
      price += [5, -5, 10, -5, 0, -5][minute % 6] ?? 0;
      const stamp = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
      const [high, low] = [Math.max(open, price) + 5, Math.min(open, price) - 5];
      rows.push(
        [
          date,
          stamp,
          ...[open, high, low, price].map((paise) => (paise / 100).toFixed(2)),
          100 + minute,
        ].join(','),
      );
    }
  }
  rows.splice(700, 0, rows[699] as string);
  rows.splice(500, 3);
  rows.splice(
    300,
    0,
    '2015-09-16,13:61,60.00,60.10,59.90,60.00,5',
    'not a row',
    '2015-09-16,13:00,60.00,59.00,61.00,60.00,5',
  );
  rows[200] = (rows[200] as string).replace(
    /(\d+\.\d\d),(\d+\.\d\d),(\d+\.\d\d),(\d+\.\d\d)/,
    '$1,$2,5.20,5.25',
  );
  const file = join(folder, 'dirty-1m.csv.gz');
  writeFileSync(file, gzipSync(`date,time,open,high,low,close,volume\n${rows.join('\n')}\n`));
  return file;
}

describe.each(inject('forms'))('market data, $name', ({ url, port, dataDir }) => {
  const anybody = new GraphClient(url);
  const env = { PORT: String(port), GRIDWORKS_DATA: dataDir };
  afterAll(() => anybody.close());

  it('imports a dirty file beside the running graph, names what is wrong, and plays it to a subscribed client', async () => {
    const file = dirtyFile();
    const imported = await run('import', [file, '--symbol', 'DIRTY', '--interval', '1m'], env);
    expect(imported).toMatchObject({ code: 0 });
    expect(imported.output).toMatch(/mark the END of a bar/);
    expect(imported.output).toMatch(/751 read, 746 kept, 3 bad, 1 duplicate, 1 set aside as bad ticks/);
    expect(imported.output).toMatch(/Duplicates +1/);
    expect(imported.output).toMatch(/Missing minutes +\d+/);
    expect(imported.output).toMatch(/Bad ticks +2015-09-16.*5\.25/);
    const again = await run('import', [file, '--symbol', 'DIRTY', '--interval', '1m'], env);
    expect(again.output).toMatch(/0 bars inserted, 0 changed, \d+ unchanged/);

    const { instrument } = await anybody.data<{ instrument: { candles: { start: string; open: string }[] } }>(
      `{ instrument(symbol: "DIRTY") { candles(interval: ONE_MINUTE, last: 1000) { start open } } }`,
    );
    // Stored by the start of the minute: 09:16 IST, the end of the first one, is 03:45 UTC for its start.
    expect(instrument.candles[0]).toMatchObject({ start: '2015-09-16T03:45:00.000Z', open: '60.00' });

    const stream = anybody.stream<{ ticks: { at: string; price: string; source: string } }>(
      `subscription { ticks(symbols: ["DIRTY"]) { at price source } }`,
      {},
    );
    const first = stream.next();
    // The subscription must stand before the first print is played.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const replayed = run('replay', [file, '--symbol', 'DIRTY', '--speed', '600', '--limit', '40'], env);
    const seen = [];
    for (let next = await first; !next.done && seen.length < 5; next = await stream.next())
      seen.push(next.value.data?.ticks);
    expect(await replayed).toMatchObject({ code: 0 });
    for (const tick of seen) {
      expect(tick).toMatchObject({ source: 'REPLAY' });
      expect(tick?.at).toMatch(/^2015-09-16T03:4/);
      expect(Math.abs(Number(tick?.price) - 60)).toBeLessThan(1);
    }
    await stream.return?.();
  });

  it('says what is wrong with input it cannot use', async () => {
    const junk = join(folder, 'junk.csv');
    writeFileSync(junk, 'a,b\n1,2\n');
    for (const [args, words] of [
      [['import', join(folder, 'nothing.csv'), '--symbol', 'X'], /nothing\.csv/],
      [['import', junk, '--symbol', 'X'], /format is not known/],
      [['replay', dirtyFile(), '--symbol', 'NEVERSEEN'], /import it first/i],
    ] as const) {
      const [command, ...rest] = args;
      const { code, output } = await run(command, rest, env);
      expect([code === 0, output]).toEqual([false, expect.stringMatching(words)]);
    }
  });
});
