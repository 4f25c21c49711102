/** Runs the reactions of a process, and knows when something was committed, here or elsewhere. */
import pg from 'pg';
import type { KafkaSettings } from '../config.ts';
import type { Database } from '../db.ts';
import type { Reaction } from '../events.ts';
import type { Log } from '../telemetry.ts';
import type { Backbone } from './backbone.ts';
import { KafkaBackbone } from './kafka-backbone.ts';
import { LogBackbone } from './log-backbone.ts';

const CHANNEL = 'gridworks_events';
const POLL_MS = 250;
const NOTIFY_GAP_MS = 5;

export class Bus {
  readonly reactions: Reaction[] = [];
  readonly #backbone: Backbone;
  readonly #wakers = new Set<() => void>();
  readonly #owed: (() => Promise<void>)[] = [];
  #listener: pg.Client | undefined;
  #notifyTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #running = false;

  /** With `kafka` consumers hear of events through Kafka; the log stays where they are written first. */
  constructor(
    readonly db: Database,
    readonly log: Log,
    kafka?: KafkaSettings,
  ) {
    const committed = (): void => this.committed();
    this.#backbone = kafka
      ? new KafkaBackbone(db, log, committed, kafka)
      : new LogBackbone(db, log, committed);
  }

  /** Adds a reaction; before `start`. */
  on(added: Reaction): void {
    if (this.reactions.some((known) => known.consumer === added.consumer)) {
      throw new Error(`two reactions share the consumer name ${added.consumer}`);
    }
    this.reactions.push(added);
  }

  /** Calls back whenever there may be something new in the log or the tables written with it; returns the way out. */
  onWake(callback: () => void): () => void {
    this.#wakers.add(callback);
    return () => this.#wakers.delete(callback);
  }

  /** Has `settled` wait for what is bound to be in the log and is not yet. */
  onSettle(written: () => Promise<void>): void {
    this.#owed.push(written);
  }

  /**
   * Says that something was committed. Other processes hear of it within milliseconds. Notifying inside the business
   * transaction would serialise all commits on one lock, so it is done here, at most every 5 ms.
   */
  committed(): void {
    this.#wake();
    this.#notifyTimer ??= setTimeout(() => {
      this.#notifyTimer = undefined;
      if (this.#running) this.db.system.query(`NOTIFY ${CHANNEL}`).catch(() => undefined);
    }, NOTIFY_GAP_MS);
  }

  /** False when consumers are not under way, because what carries events is away; they begin by themselves once it is there. */
  async start(): Promise<boolean> {
    this.#running = true;
    await this.#listen();
    this.#pollTimer = setInterval(() => this.#wake(), POLL_MS);
    return this.#backbone.start(this.reactions);
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearInterval(this.#pollTimer);
    clearTimeout(this.#notifyTimer);
    await this.#backbone.stop();
    await this.#listener?.end().catch(() => undefined);
    this.#listener = undefined;
  }

  /** Resolves when every reaction, or those of the named consumers, has seen all that is committed now. */
  async settled(consumers?: readonly string[]): Promise<void> {
    const waitedFor = this.reactions.filter(({ consumer }) => consumers?.includes(consumer) ?? true);
    for (;;) {
      await Promise.all(this.#owed.map((written) => written()));
      if (!this.#running || !(await this.#backbone.isBehind(waitedFor))) return;
      this.#wake();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #wake(): void {
    this.#backbone.wake();
    for (const waker of this.#wakers) waker();
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.db.url, application_name: 'gridworks-bus' });
    client.on('notification', () => this.#wake());
    // Polling carries on meanwhile; a lost listener only costs latency.
    client.on('error', () => {
      if (this.#running && this.#listener === client) setTimeout(() => void this.#relisten(), 1_000).unref();
    });
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    this.#listener = client;
  }

  async #relisten(): Promise<void> {
    if (!this.#running) return;
    try {
      await this.#listen();
    } catch {
      setTimeout(() => void this.#relisten(), 1_000).unref();
    }
  }
}
