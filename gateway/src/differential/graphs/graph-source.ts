/** A federated graph as it is written down by hand: what each subgraph declares. */
export interface GraphSource {
  readonly name: string;
  /** Federated SDL by subgraph, without its `@link`. */
  readonly subgraphs: Readonly<Record<string, string>>;
  /** The types behind an entity interface: the n-th entity of the interface has the n-th of them, round and round. */
  readonly families?: Readonly<Record<string, readonly string[]>>;
  /** Values of key fields ("Type.field") that are not simply the entity's number; a compound key must stay unique. */
  readonly keyValues?: Readonly<Record<string, (index: number) => string | number>>;
}
