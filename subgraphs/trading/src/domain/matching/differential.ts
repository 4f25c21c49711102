/**
 * Two engines side by side: every report compared, quantities followed from the reports alone, invariants asked for, and
 * a sequence that fails cut down to the few commands that matter.
 */
import type { Command, Phase, Report } from './command.ts';
import type { MatchingEngine } from './engine.ts';
import type { OpenOrder } from './random-market.ts';

/** How often the whole state is compared and checked, in commands, unless it is said otherwise. */
const WHOLE_EVERY = 100;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Open orders as the reports tell of them: what was accepted must be traded, cancelled, expired, or still open. */
export class Tally {
  readonly open = new Map<number, Mutable<OpenOrder>>();
  readonly phases = new Map<number, Phase>();

  add(report: Report): void {
    switch (report.kind) {
      case 'accepted':
        this.open.set(report.order, {
          order: report.order,
          owner: report.owner,
          instrument: report.instrument,
          quantity: report.quantity,
          remaining: report.quantity,
        });
        return;
      case 'traded':
        this.#take(report.maker, report.quantity);
        this.#take(report.taker, report.quantity);
        return;
      case 'cancelled':
      case 'expired':
        this.#take(report.order, report.quantity);
        if (this.open.has(report.order)) throw new Error(`order ${report.order} left with more than it had`);
        return;
      case 'modified':
      case 'restated': {
        const order = this.#known(report.order);
        const traded = order.quantity - order.remaining;
        if (report.quantity - report.remaining !== traded)
          throw new Error(`order ${report.order} has not traded what its reports say`);
        Object.assign(order, { quantity: report.quantity, remaining: report.remaining });
        return;
      }
      case 'replenished':
        if (this.#known(report.order).remaining !== report.remaining)
          throw new Error(`order ${report.order} replenishes more than it has`);
        return;
      case 'triggered':
        this.#known(report.order);
        return;
      case 'phaseChanged':
        this.phases.set(report.instrument, report.phase);
        return;
      case 'refused':
      case 'massCancelled':
      case 'auction':
      case 'bandChanged':
      case 'accountChanged':
      case 'holdingChanged':
        return;
    }
  }

  #take(id: number, quantity: number): void {
    const order = this.#known(id);
    order.remaining -= quantity;
    if (order.remaining < 0) throw new Error(`order ${id} has lost more than it had`);
    if (order.remaining === 0) this.open.delete(id);
  }

  #known(id: number): Mutable<OpenOrder> {
    const order = this.open.get(id);
    if (!order) throw new Error(`order ${id} is reported and not open`);
    return order;
  }
}

/** A pair of engines that must behave as one. */
export class Pair {
  readonly tally = new Tally();
  #count = 0;

  constructor(
    readonly expected: MatchingEngine,
    readonly actual: MatchingEngine,
    private readonly wholeEvery = WHOLE_EVERY,
  ) {}

  /** Throws when the engines differ, or when something that must always hold does not. */
  apply(command: Command): readonly Report[] {
    const expected: Report[] = [];
    const actual: Report[] = [];
    this.expected.apply(command, (report) => expected.push(report));
    this.actual.apply(command, (report) => actual.push(report));
    for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
      const [wanted, got] = [expected[index], actual[index]];
      if (!wanted || !got || !isSame(wanted, got))
        throw new Error(`report ${index}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
      this.tally.add(wanted);
    }
    this.#checkBest();
    this.#count += 1;
    if (this.#count % this.wholeEvery === 0) this.compareWhole();
    return expected;
  }

  /** What is cheap enough to be asked after every single command: no two sides that cross. */
  #checkBest(): void {
    for (const [instrument, phase] of this.tally.phases) {
      if (phase !== 'CONTINUOUS') continue;
      const { bids, asks } = this.actual.depth(instrument, 1);
      const [bid, ask] = [bids[0], asks[0]];
      if (bid && ask && bid.price >= ask.price) throw new Error(`instrument ${instrument} is crossed`);
    }
  }

  compareWhole(): void {
    this.expected.check();
    this.actual.check();
    if (this.expected.hash() !== this.actual.hash()) {
      const [wanted, got] = [this.expected.snapshot(), this.actual.snapshot()];
      throw new Error(`the states differ: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
    }
    for (const instrument of this.tally.phases.keys()) {
      const [wanted, got] = [this.expected.depth(instrument, 5), this.actual.depth(instrument, 5)];
      if (JSON.stringify(wanted) !== JSON.stringify(got))
        throw new Error(`instrument ${instrument} shows ${JSON.stringify(got)}`);
    }
    const { orders } = this.actual.snapshot();
    const isConserved = orders.every(
      ({ order, quantity, filled }) => this.tally.open.get(order)?.remaining === quantity - filled,
    );
    if (!isConserved || orders.length !== this.tally.open.size)
      throw new Error('the open orders are not those of the reports');
  }
}

/** Why a sequence fails, or undefined. */
export function failureOf(commands: readonly Command[], make: () => Pair): string | undefined {
  const pair = make();
  try {
    for (const command of commands) pair.apply(command);
    pair.compareWhole();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The commands without which a failing sequence would not fail: halves are left out first, then ever smaller parts. */
export function shrink(
  commands: readonly Command[],
  fails: (commands: readonly Command[]) => boolean,
): readonly Command[] {
  let kept = commands;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length;) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (fails(fewer)) kept = fewer;
      else from += size;
    }
  }
  return kept;
}

function isSame(a: Report, b: Report): boolean {
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return left.length === right.size && left.every(([key, value]) => right.get(key) === value);
}
