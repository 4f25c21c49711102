/**
 * One client's side of graphql-transport-ws: what it may say when, and what runs for it. It never sees a real socket, and
 * keeps little: there are as many of these as there are clients.
 */
import { doorError } from '@gridworks/kit/caller';
import type { GraphQLError } from 'graphql';
import { randomUUID } from 'node:crypto';
import { tellError } from '../execute/answer.ts';
import type { Credentials, Identity } from '../guard/guard.ts';
import type { Written } from '../subscribe/written.ts';
import type { Due } from './deadlines.ts';
import type { Ending } from './frame.ts';
import { LiveOperation, type Live, type Payload } from './live.ts';
import { ACK, CLOSE, closeCodeOf, complete, failure, nextPrefix, pong, readMessage } from './protocol.ts';

/** The socket, as far as the protocol needs one. */
export interface Peer {
  /** Bytes that were sent and have not left. */
  readonly bufferedAmount: number;
  /** Does nothing once the socket closes. */
  send(text: string): void;
  /**
   * As `send`, of a text for each of `ends`, in two parts; the first is ASCII. False when some of what was sent waits to
   * leave.
   */
  sendEach(start: string, ends: readonly Ending[]): boolean;
  close(code: number, reason: string): void;
  /** Asks that `Connection.drained` be called when all has left. */
  awaitDrain(): void;
}

type Params = Readonly<Record<string, unknown>>;

/** A close reason has room for 123 bytes, the words around the id included. */
const REASON_ID_BYTES_MAX = 80;

export class Connection implements Due {
  /** What the upgrade request presented; needed until the client has said who it is. */
  #presented: Credentials | undefined;
  #identity: Identity | undefined;
  #operations: Map<string, SocketOperation> | undefined;
  #deadline: number | undefined;
  #isClosed = false;

  constructor(
    readonly live: Live,
    private readonly peer: Peer,
    presented: Credentials,
  ) {
    this.#presented = presented;
    this.#deadline = live.deadlines.add(this, live.limits.initWaitMs);
  }

  get isCongested(): boolean {
    return this.peer.bufferedAmount > this.live.limits.waitingBytesSlow;
  }

  /** One message as it came. */
  receive(text: string): void {
    if (this.#isClosed) return;
    const message = readMessage(text);
    switch (message?.type) {
      case undefined:
        return this.close(CLOSE.badRequest, 'Invalid message received');
      case 'connection_init': {
        const presented = this.#presented;
        if (!presented) return this.close(CLOSE.initTwice, 'Too many initialisation requests');
        this.#presented = undefined;
        void this.#admit(credentialsOf(message.payload ?? {}, presented));
        return;
      }
      case 'ping':
        return this.send(pong(message.payload));
      case 'pong':
        return;
      case 'subscribe':
        return this.#begin(message.id, message.payload);
      case 'complete':
        this.#operations?.get(message.id)?.leave();
        this.#operations?.delete(message.id);
    }
  }

  /** Sends what a client asked for; one that only asks and never reads is closed. */
  send(text: string): void {
    if (this.peer.bufferedAmount > this.live.limits.waitingBytesMax) {
      this.close(CLOSE.tryLater, 'Too slow');
    } else this.peer.send(text);
  }

  /** Sends answers of a stream, and says whether the client keeps up; what may wait there is the stream's to bound. */
  push(prefix: string, answers: readonly Written[]): boolean {
    return this.peer.sendEach(prefix, answers) || !this.isCongested;
  }

  awaitDrain(): void {
    this.peer.awaitDrain();
  }

  /** All that waited has left. */
  drained(): void {
    for (const each of this.#operations?.values() ?? []) each.seat?.drained();
  }

  /** The client has not said who it is in time, or what it presented holds no longer. */
  due(): void {
    this.#deadline = undefined;
    if (this.#identity) this.close(CLOSE.unauthorized, 'TOKEN_EXPIRED');
    else this.close(CLOSE.initTimeout, 'Connection initialisation timeout');
  }

  /** Closes the socket, and ends all that runs for it at once. */
  close(code: number, reason: string): void {
    this.closed();
    this.peer.close(code, reason);
  }

  /** The socket has closed. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWaiting();
    for (const each of this.#operations?.values() ?? []) each.leave();
    this.#operations = undefined;
  }

  /** Nothing more is to be said by this operation; its id is free again. */
  forget(operation: SocketOperation): void {
    if (this.#operations?.get(operation.id) === operation) this.#operations.delete(operation.id);
  }

  async #admit(credentials: Credentials): Promise<void> {
    this.#stopWaiting();
    let identity: Identity;
    try {
      identity = await this.live.options.guard.identify(credentials);
    } catch (error) {
      const { log } = this.live.options;
      const { code } = tellError(error, { traceId: randomUUID(), log }).extensions;
      return this.close(closeCodeOf(code), String(code));
    }
    if (this.#isClosed) return;
    this.#identity = identity;
    const leftMs = this.live.leftMs(identity);
    if (leftMs !== undefined) this.#deadline = this.live.deadlines.add(this, leftMs);
    this.send(ACK);
  }

  #begin(id: string, payload: Payload): void {
    const { operationsMax, idCharsMax } = this.live.limits;
    if (!this.#identity) return this.close(CLOSE.unauthorized, 'Unauthorized');
    if (id.length > idCharsMax) return this.close(CLOSE.badRequest, 'Invalid message received');
    this.#operations ??= new Map();
    if (this.#operations.has(id)) {
      const name = Buffer.byteLength(id) > REASON_ID_BYTES_MAX ? 'this id' : id;
      return this.close(CLOSE.idTaken, `Subscriber for ${name} already exists`);
    }
    const operation = new SocketOperation(this, this.#identity, id);
    if (this.#operations.size >= operationsMax) {
      return operation.fail([
        doorError('BAD_REQUEST', `A connection may run ${operationsMax} operations at once.`),
      ]);
    }
    this.#operations.set(id, operation);
    this.live.begin(operation, payload, randomUUID());
  }

  #stopWaiting(): void {
    if (this.#deadline === undefined) return;
    this.live.deadlines.remove(this, this.#deadline);
    this.#deadline = undefined;
  }
}

class SocketOperation extends LiveOperation {
  readonly #prefix: string;

  constructor(
    private readonly connection: Connection,
    readonly identity: Identity,
    readonly id: string,
  ) {
    super(connection.live);
    this.#prefix = nextPrefix(id);
  }

  get isCongested(): boolean {
    return this.connection.isCongested;
  }

  awaitDrain(): void {
    this.connection.awaitDrain();
  }

  push(answers: readonly Written[]): boolean {
    return this.connection.push(this.#prefix, answers);
  }

  protected sendComplete(): void {
    this.connection.forget(this);
    this.connection.send(complete(this.id));
  }

  protected sendErrors(errors: readonly GraphQLError[]): void {
    this.connection.forget(this);
    this.connection.send(failure(this.id, errors));
  }
}

/** The credential of a connection: from its parameters, in any case of letters, else what came with the upgrade. */
export function credentialsOf(params: Params, presented: Credentials): Credentials {
  const given = Object.entries(params).map(([name, value]) => [name.toLowerCase(), value] as const);
  const param = (name: string): string | undefined => {
    const value = given.find(([key]) => key === name)?.[1];
    return typeof value === 'string' ? value : undefined;
  };
  const fromParams = { authorization: param('authorization'), apiKey: param('x-api-key') };
  return fromParams.authorization !== undefined || fromParams.apiKey !== undefined ? fromParams : presented;
}
