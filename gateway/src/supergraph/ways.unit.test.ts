import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../testing/subgraphs.ts';
import type { Transport } from '../transport/transport.ts';
import { composeSupergraph } from './compose.ts';
import { Ways } from './ways.ts';

/** A supergraph of subgraphs at the given addresses, by name. */
function supergraphOf(urls: Readonly<Record<string, string>>): string {
  const subgraphs = Object.entries(urls).map(([name, url]) => ({
    name,
    url,
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") type Query { ${name}: String }`,
  }));
  return composeSupergraph(subgraphs).supergraph;
}

describe('the ways to subgraphs', () => {
  /** By `<name> <url>`, in the order they were made. */
  let made: string[];
  let closed: string[];
  let ways: Ways;
  const take = (): void => undefined;

  function way(name: string, url: string): Transport {
    const unused = (): never => {
      throw new Error('nobody travels here');
    };
    return {
      name,
      carries: 'text',
      execute: unused,
      subscribe: unused,
      post: unused,
      close: async () => {
        closed.push(`${name} ${url}`);
      },
    };
  }

  beforeEach(() => {
    vi.useFakeTimers();
    made = [];
    closed = [];
    const make = (name: string, url: string): Transport => {
      if (url === 'refused') throw new Error('no way there');
      made.push(`${name} ${url}`);
      return way(name, url);
    };
    ways = new Ways([way('given', 'x')], make, log);
  });
  afterEach(async () => {
    await ways.close();
    vi.useRealTimers();
  });

  const needed = (): string[] => ways.needed.map(({ name }) => name);

  it('are made once each, only where none was given', async () => {
    await ways.follow(supergraphOf({ given: 'y', a: 'a1' }), take);
    await ways.follow(supergraphOf({ given: 'z', a: 'a1', b: 'b1' }), take);
    expect(made).toEqual(['a a1', 'b b1']);
    expect(needed()).toEqual(['given', 'a', 'b']);
  });

  it('are there when the supergraph is taken', async () => {
    const names = await ways.follow(supergraphOf({ a: 'a1' }), () => [...ways.transports.keys()]);
    expect(names).toEqual(['given', 'a']);
  });

  it('stay for a while when they are needed no more, and are closed then, but for the given', async () => {
    await ways.follow(supergraphOf({ given: 'y', a: 'a1', b: 'b1' }), take);
    await ways.follow(supergraphOf({ a: 'a2' }), take);
    expect(needed()).toEqual(['a']);
    expect([...ways.transports.keys()]).toContain('b');
    await vi.advanceTimersByTimeAsync(59_999);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed.sort()).toEqual(['a a1', 'b b1']);
    expect([...ways.transports.keys()]).toEqual(['given', 'a']);
  });

  it('are used on when they are needed again meanwhile, and made anew later', async () => {
    await ways.follow(supergraphOf({ a: 'a1', b: 'b1' }), take);
    await ways.follow(supergraphOf({ a: 'a1' }), take);
    await vi.advanceTimersByTimeAsync(30_000);
    await ways.follow(supergraphOf({ a: 'a1', b: 'b1' }), take);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closed).toEqual([]);
    await ways.follow(supergraphOf({ a: 'a1' }), take);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closed).toEqual(['b b1']);
    await ways.follow(supergraphOf({ a: 'a1', b: 'b1' }), take);
    expect(made).toEqual(['a a1', 'b b1', 'b b1']);
  });

  it('are not closed while a supergraph that names them again is being taken, or is not taken after all', async () => {
    await ways.follow(supergraphOf({ a: 'a1', b: 'b1' }), take);
    await ways.follow(supergraphOf({ a: 'a1' }), take);
    await vi.advanceTimersByTimeAsync(59_999);
    let refuse: (error: Error) => void = () => undefined;
    const taking = ways.follow(
      supergraphOf({ a: 'a1', b: 'b2' }),
      () => new Promise((_resolve, reject) => (refuse = reject)),
    );
    await vi.advanceTimersByTimeAsync(30_000);
    expect(closed).toEqual([]);
    refuse(new Error('not this one'));
    await expect(taking).rejects.toThrow('not this one');
    expect(closed).toEqual(['b b2']);
    await ways.follow(supergraphOf({ a: 'a1', b: 'b1' }), take);
    expect(made).toEqual(['a a1', 'b b1', 'b b2']);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'is not taken',
      () =>
        ways.follow(supergraphOf({ a: 'a2', b: 'b1' }), () => {
          throw new Error('not this one');
        }),
    ],
    ['names a subgraph there is no way to', () => ways.follow(supergraphOf({ a: 'a2', z: 'refused' }), take)],
    ['is none', () => ways.follow('type Query { a: String }', take)],
  ])('are as before when a supergraph %s', async (_what, follow) => {
    await ways.follow(supergraphOf({ a: 'a1' }), take);
    const before = ways.transports.get('a');
    await expect(follow()).rejects.toThrow();
    expect(ways.transports.get('a')).toBe(before);
    expect([...ways.transports.keys()]).toEqual(['given', 'a']);
    expect(needed()).toEqual(['a']);
    // What was made in vain is closed at once.
    expect(closed).toEqual(made.slice(1));
    await ways.follow(supergraphOf({ a: 'a2' }), take);
    expect(made.at(-1)).toBe('a a2');
  });

  it('are closed all together in the end, the retired too', async () => {
    await ways.follow(supergraphOf({ a: 'a1', b: 'b1' }), take);
    await ways.follow(supergraphOf({ a: 'a2' }), take);
    await ways.close();
    expect(closed.sort()).toEqual(['a a1', 'a a2', 'b b1', 'given x']);
    expect(vi.getTimerCount()).toBe(0);
    await expect(ways.follow(supergraphOf({ c: 'c1' }), take)).rejects.toThrow('closed');
    expect(made).not.toContain('c c1');
  });
});
