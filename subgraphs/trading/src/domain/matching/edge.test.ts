import { describe, expect, it } from 'vitest';
import type { Command } from './command.ts';
import { Edge, Fault } from './edge.ts';
import { FastEngine } from './fast.ts';

const NEW = {
  kind: 'new',
  owner: 'asha',
  order: 'a-1',
  instrument: 'INFY',
  side: 'BUY',
  quantity: 5,
  price: 100,
};

function read(edge: Edge, json: unknown): Command | Fault {
  return edge.read(JSON.stringify(json));
}

describe('Edge', () => {
  it('gives names numbers, fills in what is usual, and lets time stand still until it is told', () => {
    const edge = new Edge();
    expect(read(edge, { kind: 'clock', at: 1_000 })).toEqual({ kind: 'clock', at: 1_000 });
    expect(read(edge, NEW)).toEqual({
      kind: 'new',
      at: 1_000,
      instrument: 1,
      owner: 1,
      order: 1,
      side: 'BUY',
      type: 'LIMIT',
      validity: 'DAY',
      quantity: 5,
      price: 100,
      stop: null,
      display: null,
      expiresAt: null,
      postOnly: false,
      stp: 'CANCEL_NEWEST',
    });
    expect(read(edge, { kind: 'cancel', owner: 'asha', order: 'a-1' })).toMatchObject({ owner: 1, order: 1 });
    // Another owner's order of the same name is another order.
    expect(read(edge, { kind: 'cancel', owner: 'ravi', order: 'a-1' })).toMatchObject({ owner: 2, order: 2 });
  });

  it('lists with the tick of the previous close and the widest fixed band, or the dynamic one', () => {
    const edge = new Edge();
    const listing = { kind: 'instrument', instrument: 'INFY', previousClose: 140_000 };
    expect(read(edge, listing)).toMatchObject({ tick: 10, lot: 1, bandBps: 2_000, dynamic: false });
    expect(read(edge, { ...listing, dynamic: true })).toMatchObject({ bandBps: 1_000, dynamic: true });
    expect(read(edge, { ...listing, bandBps: 300 })).toEqual(new Fault('FIELD_INVALID', 'bandBps'));
    expect(read(edge, { ...listing, dynamic: true, bandBps: 500 })).toEqual(
      new Fault('FIELD_INVALID', 'bandBps'),
    );
  });

  it.each([
    ['no JSON', '{"kind":', new Fault('LINE_NOT_JSON')],
    ['a list', '[]', new Fault('LINE_NOT_JSON')],
    ['nothing', 'null', new Fault('LINE_NOT_JSON')],
    ['an endless line', `"${'x'.repeat(65_536)}"`, new Fault('LINE_TOO_LONG')],
    ['another kind', '{"kind":"replace"}', new Fault('COMMAND_UNKNOWN', 'kind')],
    ['no kind', '{}', new Fault('COMMAND_UNKNOWN', 'kind')],
  ])('finds fault with %s', (_, line, fault) => {
    expect(new Edge().read(line)).toEqual(fault);
  });

  it.each([
    [{ quantity: undefined }, 'FIELD_MISSING', 'quantity'],
    [{ price: undefined }, 'FIELD_MISSING', 'price'],
    [{ side: 'HOLD' }, 'FIELD_INVALID', 'side'],
    [{ quantity: 0 }, 'FIELD_INVALID', 'quantity'],
    [{ quantity: 1.5 }, 'FIELD_INVALID', 'quantity'],
    [{ quantity: '5' }, 'FIELD_INVALID', 'quantity'],
    [{ quantity: 10_000_001 }, 'FIELD_INVALID', 'quantity'],
    [{ price: 100_000_001 }, 'FIELD_INVALID', 'price'],
    [{ owner: '' }, 'FIELD_INVALID', 'owner'],
    [{ order: 'x'.repeat(65) }, 'FIELD_INVALID', 'order'],
    [{ at: -1 }, 'FIELD_INVALID', 'at'],
    [{ quantitiy: 5 }, 'FIELD_UNKNOWN', 'quantitiy'],
    [{ type: 'MARKET' }, 'FIELD_NOT_ALLOWED', 'price'],
    [{ stop: 99 }, 'FIELD_NOT_ALLOWED', 'stop'],
    [{ display: 1 }, 'FIELD_NOT_ALLOWED', 'display'],
    [{ expiresAt: 9 }, 'FIELD_NOT_ALLOWED', 'expiresAt'],
    [{ validity: 'GTD' }, 'FIELD_MISSING', 'expiresAt'],
    [{ type: 'ICEBERG', display: 6 }, 'FIELD_INVALID', 'display'],
    [{ type: 'STOP_LIMIT', stop: 99, validity: 'IOC' }, 'FIELD_INVALID', 'validity'],
    [{ postOnly: true, validity: 'IOC' }, 'FIELD_NOT_ALLOWED', 'postOnly'],
    [{ postOnly: 1 }, 'FIELD_INVALID', 'postOnly'],
  ] as const)('finds fault with %o', (change, code, field) => {
    expect(read(new Edge(), { ...NEW, ...change })).toEqual(new Fault(code, field));
  });

  it('reads null as left out, and leaves out of a modification what stays', () => {
    const edge = new Edge();
    expect(read(edge, { ...NEW, stop: null, at: null })).not.toBeInstanceOf(Fault);
    expect(read(edge, { kind: 'modify', owner: 'asha', order: 'a-1', quantity: 3 })).toEqual({
      kind: 'modify',
      at: 0,
      owner: 1,
      order: 1,
      quantity: 3,
      price: null,
      stop: null,
      display: null,
    });
  });

  it('names everything in a report as it was named', () => {
    const edge = new Edge();
    const engine = new FastEngine({ risk: false });
    const told: Record<string, unknown>[] = [];
    for (const json of [
      { kind: 'instrument', instrument: 'INFY', previousClose: 100, bandBps: 1_000 },
      { kind: 'phase', phase: 'CONTINUOUS' },
      NEW,
      { ...NEW, owner: 'ravi', order: 'r-1', side: 'SELL' },
    ]) {
      const command = read(edge, json);
      if (command instanceof Fault) throw new Error(command.code);
      engine.apply(command, (report) => told.push(edge.write(report)));
    }
    expect(told.at(-1)).toEqual({
      kind: 'traded',
      at: 0,
      instrument: 'INFY',
      trade: 1,
      price: 100,
      quantity: 5,
      maker: 'a-1',
      makerOwner: 'asha',
      taker: 'r-1',
      takerOwner: 'ravi',
      takerSide: 'SELL',
    });
  });
});
