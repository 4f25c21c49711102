/** What is done with one sender of a fan-out: started, given clients, measured, dismissed. */
import { CORE } from '../harness/machine.ts';
import { freePorts, startOwn, type Running } from '../harness/process.ts';
import type { GrowOrder, Held, PaceOrder, Paced, PourOrder, Poured } from '../processes/crowd.ts';
import { checkSample, type Round } from './figures.ts';
import type { Sender } from './senders.ts';

/** A sender that runs and has clients. */
export interface Standing {
  readonly sender: Sender;
  readonly running: Running;
  readonly port: number;
}

/** Ticks on their way at once at full speed: enough to keep a sender busy, too few to make clients fall behind. */
const WINDOW = 4;

export class Stage {
  /** The process of the market and of all clients. */
  readonly crowd: Running = startOwn(CORE.others, 'crowd', {});
  readonly #standing = new Set<Standing>();

  /** Starts a sender and connects its clients, each of whom has got a message; rejects, with nothing left, if not. */
  async admit(sender: Sender, clients: number): Promise<Standing> {
    const [port, feedUrl] = [await freePorts(1), await this.crowd.ask<string>('feedUrlOf', sender.name)];
    const standing: Standing = { sender, port, running: await sender.start({ port, feedUrl }) };
    this.#standing.add(standing);
    try {
      await this.grow(standing, clients);
    } catch (error) {
      await this.dismiss(standing);
      throw error;
    }
    return standing;
  }

  async grow({ sender, port }: Standing, size: number): Promise<void> {
    const { name, isGraphql } = sender;
    const path = isGraphql ? '/graphql' : '/';
    await this.crowd.ask('grow', { room: name, port, path, isGraphql, size } satisfies GrowOrder);
  }

  /** As many ticks as get through; rejects when a client got anything but the whole event. */
  async pour({ sender, running }: Standing, durationMs: number): Promise<Round> {
    const before = [running.cpuMs(), this.crowd.cpuMs()] as const;
    const order: PourOrder = { room: sender.name, durationMs, window: WINDOW };
    const poured = await this.crowd.ask<Poured>('pour', order);
    const [senderMs, crowdMs] = [running.cpuMs() - before[0], this.crowd.cpuMs() - before[1]];
    checkSample(poured.sample);
    const { deliveries, elapsedMs } = poured;
    return {
      ...poured,
      deliveriesPerS: (deliveries / elapsedMs) * 1_000,
      cpuUsPerDelivery: (senderMs / deliveries) * 1_000,
      senderShare: senderMs / elapsedMs,
      crowdShare: crowdMs / elapsedMs,
    };
  }

  pace({ sender }: Standing, ticksPerS: number, durationMs: number): Promise<Paced> {
    return this.crowd.ask<Paced>('pace', { room: sender.name, ticksPerS, durationMs } satisfies PaceOrder);
  }

  hold({ sender }: Standing): Promise<Held> {
    return this.crowd.ask<Held>('hold', sender.name);
  }

  async dismiss(standing: Standing): Promise<void> {
    this.#standing.delete(standing);
    await standing.running.stop();
    await this.crowd.ask('leave', standing.sender.name);
  }

  async close(): Promise<void> {
    await Promise.all(
      [this.crowd, ...[...this.#standing].map(({ running }) => running)].map((each) => each.stop()),
    );
  }
}
