/** An answer as JSON, written once and encoded once for all who get it. */
export class Written {
  #message: Buffer | undefined;

  constructor(readonly text: string) {}

  /** The text and a closing brace, in UTF-8: how each message of the WebSocket protocol that carries it ends. */
  get message(): Buffer {
    this.#message ??= Buffer.from(`${this.text}}`);
    return this.#message;
  }
}
