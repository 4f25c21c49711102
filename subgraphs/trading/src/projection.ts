/**
 * What follows from the commands of the journal, as the graph reads it and as other domains hear of it: orders, trades,
 * order events, balances, stock, and events in the log. It comes some milliseconds after the journal and is written by a
 * thread of its own (`projector.ts`), so that nobody who places an order waits for it. Here is how far it has come.
 */
import { repoRoot } from '@gridworks/kit/config';
import type { Bus } from '@gridworks/kit/events';
import type { Log } from '@gridworks/kit/telemetry';
import { join } from 'node:path';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { serveProjector, type FromProjector, type ProjectorSettings, type ToProjector } from './projector.ts';

/** When the tables are so many commands behind, none is taken. */
const BACKLOG_MAX = 250_000;
const REOPEN_MS = 500;

interface Waiter {
  readonly sequence: number;
  resolve(): void;
  reject(error: Error): void;
}

export class Projection {
  /** Of the last command that is committed, and of the last that is written, as far as is known. */
  #committed = 0;
  #written = 0;
  #waiters: Waiter[] = [];
  #projector: Worker | MessagePort | undefined;
  #reopening: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: ProjectorSettings,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  /** Whether so much waits that no more should be added. */
  get isFull(): boolean {
    return this.#committed - this.#written >= BACKLOG_MAX;
  }

  /** Begins to follow the journal, of which there is a snapshot. */
  start(): void {
    this.#written = 0;
    const projector = openProjector(this.settings);
    this.#projector = projector;
    projector.on('message', (told: FromProjector) => this.#hear(told));
    if (!(projector instanceof Worker)) return;
    projector.on('error', (error) => this.log.error({ err: error }, 'the projection broke down'));
    projector.on('exit', () => {
      if (this.#projector !== projector) return;
      this.#giveUp(new Error('the projection has ended'));
      this.#reopening = setTimeout(() => this.start(), REOPEN_MS);
    });
  }

  /** Resolves when no transaction is under way; who waits for more is told that it will not come. */
  async stop(): Promise<void> {
    clearTimeout(this.#reopening);
    const projector = this.#projector;
    this.#projector = undefined;
    if (projector) {
      const ended = new Promise<void>((resolve) =>
        projector instanceof Worker
          ? projector.once('exit', () => resolve())
          : projector.once('close', resolve),
      );
      projector.postMessage({ kind: 'stop' } satisfies ToProjector);
      await ended;
    }
    this.#giveUp(new Error('the exchange has stopped'));
  }

  /** Says that the commands up to this one are in the journal. */
  committed(sequence: number): void {
    this.#committed = sequence;
    this.#ask({ kind: 'follow' });
  }

  /** Resolves when everything that was committed before is written; rejects when that failed, though it is tried again. */
  shown(): Promise<void> {
    return this.#until(this.#committed);
  }

  /** Resolves when less waits than now: whoever waits has to look again whether there is room. */
  room(): Promise<void> {
    return this.#until(Math.min(this.#written + 1, this.#committed));
  }

  #until(sequence: number): Promise<void> {
    if (sequence <= this.#written) return Promise.resolve();
    this.#ask({ kind: 'hurry', sequence });
    return new Promise((resolve, reject) => this.#waiters.push({ sequence, resolve, reject }));
  }

  #ask(asked: ToProjector): void {
    this.#projector?.postMessage(asked);
  }

  #hear(told: FromProjector): void {
    if (told.kind === 'failed') {
      const { reason } = told;
      this.log.error({ reason }, 'what follows from commands was not written and will be tried again');
      return this.#giveUp(new Error(reason));
    }
    if (told.kind === 'unsaved')
      return this.log.warn({ reason: told.reason }, 'a snapshot was not kept; the journal has everything');
    const { sequence } = told;
    this.#written = sequence;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter((waiter) => waiter.sequence > sequence);
    for (const waiter of waiters) if (waiter.sequence <= sequence) waiter.resolve();
    this.bus.committed();
  }

  #giveUp(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}

/** In a thread; where the sources run as they stand there is no file to start one from, and this thread serves. */
function openProjector(settings: ProjectorSettings): Worker | MessagePort {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(join(repoRoot, 'dist', 'subgraphs', 'trading', 'src', 'projection-thread.js'), {
      workerData: settings,
    });
  const { port1, port2 } = new MessageChannel();
  serveProjector(port2, settings);
  return port1;
}
