/** Withdrawals as the risk state knows them: what is released and not out of the wallet yet, and what has ended. */
import type { MoveWithdrawal } from './command.ts';

/** So many that have ended are remembered: who tells of one twice does so soon. */
const ENDED_MAX = 16_384;

export interface WithdrawalsState {
  readonly released: readonly string[];
  readonly ended: readonly string[];
}

export class Withdrawals {
  readonly #released: Set<string>;
  readonly #ended: Set<string>;

  constructor(state: WithdrawalsState = { released: [], ended: [] }) {
    this.#released = new Set(state.released);
    this.#ended = new Set(state.ended);
  }

  isReleased(id: string): boolean {
    return this.#released.has(id);
  }

  /** Whether it was ever released, as far as that is remembered. */
  isKnown(id: string): boolean {
    return this.#released.has(id) || this.#ended.has(id);
  }

  /** What is released can be restored or closed, and nothing twice. */
  move({ step, id }: MoveWithdrawal): void {
    if (step === 'RELEASE' ? this.isKnown(id) : !this.isReleased(id))
      throw new Error(`withdrawal ${id} cannot take the step ${step}`);
    if (step === 'RELEASE') {
      this.#released.add(id);
      return;
    }
    this.#released.delete(id);
    this.#ended.add(id);
    if (this.#ended.size > ENDED_MAX) this.#ended.delete(this.#ended.values().next().value ?? '');
  }

  /** Undefined while there were none. */
  state(): WithdrawalsState | undefined {
    if (this.#released.size + this.#ended.size === 0) return undefined;
    return { released: [...this.#released], ended: [...this.#ended] };
  }
}
