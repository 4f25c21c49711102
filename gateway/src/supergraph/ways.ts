/**
 * The ways to the subgraphs, kept in line with the supergraph in force: some are given once and for all, others are
 * made when a supergraph first names them, and closed when it does so no more.
 */
import type { Log } from '@gridworks/kit/telemetry';
import type { Transport } from '../transport/transport.ts';
import { readSubgraphs } from './subgraphs.ts';

/** A way to a subgraph at the address that the supergraph gives for it. */
export type TransportOf = (name: string, url: string) => Transport;

/** Longer than any request. A stream that lasts longer breaks, and is opened again at the subgraph's new address. */
const RETIRED_MS = 60_000;

export class Ways {
  readonly #given: ReadonlyMap<string, Transport>;
  readonly #transports: Map<string, Transport>;
  /** Where the ways lead that were made here. */
  readonly #urls = new Map<string, string>();
  /** The subgraphs of the supergraph in force. */
  #names: ReadonlySet<string> = new Set();
  readonly #retired = new Map<Transport, NodeJS.Timeout>();
  #isClosed = false;

  constructor(
    given: readonly Transport[],
    private readonly make: TransportOf | undefined,
    private readonly log: Log,
  ) {
    this.#given = new Map(given.map((each) => [each.name, each]));
    this.#transports = new Map(this.#given);
  }

  /** By name; it changes in place. A subgraph that is named no more stays for as long as a request may need it. */
  get transports(): ReadonlyMap<string, Transport> {
    return this.#transports;
  }

  /** Those that the supergraph in force needs. */
  get needed(): readonly Transport[] {
    return [...this.#transports.values()].filter(({ name }) => this.#names.has(name));
  }

  /**
   * Makes the ways that a supergraph needs, then takes it into force by `take`. Rejects with what `take` rejects with, or
   * because the text is no supergraph; then nothing has changed. One supergraph at a time.
   */
  async follow<T>(supergraph: string, take: () => T): Promise<Awaited<T>> {
    if (this.#isClosed) throw new Error('the gateway is closed');
    const subgraphs = readSubgraphs(supergraph);
    const before = new Map(this.#transports);
    const fresh = new Map<string, string>();
    try {
      for (const { name, url } of subgraphs) {
        // Not to be closed while it is decided whether it is needed.
        this.#keep(before.get(name));
        if (!this.make || this.#given.has(name) || this.#urls.get(name) === url) continue;
        this.#transports.set(name, this.make(name, url));
        fresh.set(name, url);
      }
      const taken = await take();
      for (const [name, url] of fresh) this.#urls.set(name, url);
      this.#names = new Set(subgraphs.map(({ name }) => name));
      return taken;
    } catch (error) {
      for (const name of fresh.keys()) this.#undo(name, before.get(name));
      throw error;
    } finally {
      for (const [name, transport] of before) this.#retireUnlessNeeded(name, transport);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#retired.values()) clearTimeout(timer);
    const all = new Set([...this.#transports.values(), ...this.#retired.keys()]);
    await Promise.all([...all].map((each) => each.close()));
  }

  #undo(name: string, before: Transport | undefined): void {
    const unused = this.#transports.get(name);
    if (before) this.#transports.set(name, before);
    else this.#transports.delete(name);
    if (unused) this.#closeAlone(unused);
  }

  #keep(transport: Transport | undefined): void {
    if (!transport) return;
    clearTimeout(this.#retired.get(transport));
    this.#retired.delete(transport);
  }

  #retireUnlessNeeded(name: string, transport: Transport): void {
    if (this.#isNeeded(name, transport)) return this.#keep(transport);
    if (this.#isClosed || this.#retired.has(transport)) return;
    this.#retired.set(transport, setTimeout(() => this.#forget(name, transport), RETIRED_MS).unref());
  }

  #forget(name: string, transport: Transport): void {
    this.#retired.delete(transport);
    if (this.#transports.get(name) === transport) {
      this.#transports.delete(name);
      this.#urls.delete(name);
    }
    this.#closeAlone(transport);
  }

  #isNeeded(name: string, transport: Transport): boolean {
    if (this.#given.has(name)) return true;
    return this.#names.has(name) && this.#transports.get(name) === transport;
  }

  #closeAlone(transport: Transport): void {
    transport.close().catch((error: unknown) => {
      this.log.warn({ err: error, subgraph: transport.name }, 'a way to a subgraph closed badly');
    });
  }
}
