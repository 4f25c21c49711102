/** The exchange's journal at the terminal, beside a graph that runs. */
import { describe, expect, inject, it } from 'vitest';
import { Orders, newTrader } from './orders.ts';
import { run } from './process.ts';

interface Head {
  readonly sequence: number;
  readonly hash: string;
  readonly openOrders: number;
}

describe.each(inject('forms'))('npm run journal, $name', ({ url, dataDir }) => {
  async function journal(...args: string[]): Promise<readonly [Head, ...{ order?: { id: string } }[]]> {
    const { code, output } = await run('journal', args, { GRIDWORKS_DATA: dataDir });
    expect(code, output).toBe(0);
    return JSON.parse(`[${output.trim().split('\n').join(',')}]`) as [Head];
  }

  it('shows the state as it was after any command, the same from the first command on', async () => {
    const trader = await newTrader(url);
    const orders = new Orders(trader);
    const resting = await orders.place(true);
    const [before] = await journal('--head');
    await orders.cancel(resting);

    const [head, ...lines] = await journal('--at', String(before.sequence));
    expect(head).toEqual(before);
    const isOpen = (id: string): boolean => lines.some(({ order }) => order && `Order:${order.id}` === id);
    expect(isOpen(resting)).toBe(true);
    const [whole] = await journal('--at', String(before.sequence), '--whole', '--head');
    expect(whole.hash).toBe(before.hash);
    const [now] = await journal('--head');
    expect(now.sequence).toBeGreaterThan(before.sequence);
    expect(now.hash).not.toBe(before.hash);
    await trader.close();
  });

  it('says what it does not understand', async () => {
    const { code, output } = await run('journal', ['--at', 'noon'], { GRIDWORKS_DATA: dataDir });
    expect(code).toBe(1);
    expect(output).toContain('"noon" is not the number of a command');
  });
});
