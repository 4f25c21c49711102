/** The answer to one event, on its way to everybody in the group. */
import type { ExecutionResult } from 'graphql';
import type { StreamOperation } from '../engine.ts';
import { Written } from './written.ts';

export class Delivery extends Written {
  readonly isGapless: boolean;
  #subject: string | undefined;

  constructor(
    text: string,
    private readonly operation: StreamOperation,
    private readonly event: ExecutionResult,
  ) {
    super(text);
    this.isGapless = operation.isGapless;
  }

  /** What the event is about; only slow clients need to know. */
  get subject(): string {
    this.#subject ??= this.event.data ? this.operation.subjectOf(this.event.data) : '';
    return this.#subject;
  }
}
