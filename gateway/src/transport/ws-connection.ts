/** One graphql-ws connection to a subgraph, authenticated once, and the subscriptions that it carries. */
import type { SubgraphRequest } from '@gridworks/kit/subgraph';
import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import {
  CloseCode,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  MessageType,
  parseMessage,
  stringifyMessage,
  type Message,
} from 'graphql-ws';
import WebSocket, { type RawData } from 'ws';
import { Inbox } from './inbox.ts';
import { SubscriptionRefused, revive } from './transport.ts';

const MESSAGE_BYTES_MAX = 67_108_864;
const CLOSE_NORMAL = 1000;

export interface ConnectionOptions {
  readonly url: string;
  /** Certificates (PEM) to trust in place of those that Node trusts. */
  readonly ca?: string | undefined;
  /** How long the connection may take to stand. */
  readonly timeoutMs: number;
  /** How often the subgraph must show that it is there; it is given up when it does not between two times. */
  readonly pingMs: number;
  /** How long one stream's reader may hold its siblings up. */
  readonly lagMs: number;
  /** How long the connection stays when its last stream has left. */
  readonly idleMs: number;
}

interface Stream {
  readonly id: string;
  readonly inbox: Inbox<ExecutionResult>;
  /** Runs while its inbox is full. */
  lag: NodeJS.Timeout | undefined;
}

/**
 * Back-pressure: a stream whose inbox is full pauses the socket until it is empty, and so holds its siblings up. Where
 * there are siblings that keep up, that lasts no longer than `lagMs`: then the slow one is broken off, and the others
 * go on. A stream that must not be broken for being slow, or held up by others, has to be alone on its connection.
 */
export class StreamConnection {
  /** Resolves when the subgraph has taken the caller; rejects when there is no connection or it has not. */
  readonly ready: Promise<void>;
  /** Resolves when no message will come or go any more. */
  readonly over: Promise<void>;
  readonly #socket: WebSocket;
  readonly #streams = new Map<string, Stream>();
  readonly #full = new Set<Stream>();
  #lastId = 0;
  #isOver = false;
  #isHeard = true;
  #cause: Error | undefined;
  #idle: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #acknowledged: () => void = () => undefined;
  #refused: (error: Error) => void = () => undefined;
  #ended: () => void = () => undefined;

  /** `params` go with the first message: the signed caller, the trace. */
  constructor(
    private readonly options: ConnectionOptions,
    params: Readonly<Record<string, string>>,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.#acknowledged = resolve;
      this.#refused = reject;
    });
    // Whoever opens a stream looks at it; the connection itself must not end the process.
    this.ready.catch(() => undefined);
    this.over = new Promise((resolve) => (this.#ended = resolve));
    this.#socket = this.#connect(params);
  }

  /** Whether another stream may come: a paused connection would let it wait. */
  get isWelcoming(): boolean {
    return !this.#isOver && this.#full.size === 0;
  }

  /** A subscription; rejects when the connection does not come to stand. */
  async open({ query, variables, operationName, traceId }: SubgraphRequest): Promise<Inbox<ExecutionResult>> {
    const stream = this.#enter();
    await this.ready;
    this.#send({
      id: stream.id,
      type: MessageType.Subscribe,
      payload: {
        query,
        ...(variables ? { variables: { ...variables } } : {}),
        ...(operationName === undefined ? {} : { operationName }),
        extensions: { traceId },
      },
    });
    return stream.inbox;
  }

  /** Cuts the connection; its streams break. */
  cut(): void {
    this.#end(new Error('the connection was given up'));
    this.#socket.terminate();
  }

  #connect(params: Readonly<Record<string, string>>): WebSocket {
    const { url, ca, timeoutMs } = this.options;
    const socket = new WebSocket(url, GRAPHQL_TRANSPORT_WS_PROTOCOL, {
      handshakeTimeout: timeoutMs,
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
      ...(ca === undefined ? {} : { ca }),
    });
    const acknowledgement = setTimeout(() => {
      this.#cause ??= new Error('the subgraph did not take the connection in time');
      socket.terminate();
    }, timeoutMs);
    this.ready.then(
      () => clearTimeout(acknowledgement),
      () => clearTimeout(acknowledgement),
    );
    socket.on('open', () => this.#send({ type: MessageType.ConnectionInit, payload: { ...params } }));
    socket.on('message', (data) => this.#read(data));
    socket.on('error', (error) => (this.#cause = error));
    socket.on('close', (code, reason) =>
      this.#end(
        new Error(`the connection to the subgraph was closed (${[code, String(reason)].join(' ').trim()})`, {
          cause: this.#cause,
        }),
      ),
    );
    return socket;
  }

  #read(data: RawData): void {
    this.#isHeard = true;
    let message: Message;
    try {
      // Text arrives whole, as one buffer.
      message = parseMessage((data as Buffer).toString('utf8'));
    } catch (error) {
      this.#cause = error as Error;
      return this.#socket.close(CloseCode.BadResponse);
    }
    switch (message.type) {
      case MessageType.Next:
        return this.#receive(message.id, message.payload as FormattedExecutionResult);
      case MessageType.Complete:
        return this.#remove(message.id)?.inbox.end();
      case MessageType.Error:
        return this.#remove(message.id)?.inbox.fail(new SubscriptionRefused(revive(message.payload)));
      case MessageType.ConnectionAck:
        this.#beat ??= setInterval(() => this.#checkPulse(), this.options.pingMs);
        return this.#acknowledged();
      case MessageType.Ping:
        return this.#send({ type: MessageType.Pong });
      case MessageType.Pong:
        return;
      case MessageType.ConnectionInit:
      case MessageType.Subscribe:
        this.#cause = new Error(`a server does not say ${message.type}`);
        return this.#socket.close(CloseCode.BadResponse);
    }
  }

  #receive(id: string, result: FormattedExecutionResult): void {
    const stream = this.#streams.get(id);
    // What was on its way when the stream was left.
    if (!stream) return;
    const errors = result.errors && revive(result.errors);
    if (errors && result.data === undefined) {
      this.#leave(stream);
      return stream.inbox.fail(new SubscriptionRefused(errors));
    }
    stream.inbox.push(errors ? { ...result, errors } : (result as ExecutionResult));
  }

  /** A subgraph that has not answered the last ping is gone, whatever TCP believes. A paused socket hears nothing. */
  #checkPulse(): void {
    if (!this.#isHeard && this.#full.size === 0) {
      this.#cause = new Error('the subgraph fell silent');
      return this.#socket.terminate();
    }
    this.#isHeard = false;
    this.#send({ type: MessageType.Ping });
  }

  #enter(): Stream {
    clearTimeout(this.#idle);
    const stream: Stream = {
      id: String(++this.#lastId),
      inbox: new Inbox<ExecutionResult>({
        pause: () => this.#filled(stream),
        resume: () => this.#emptied(stream),
        close: () => this.#leave(stream),
      }),
      lag: undefined,
    };
    this.#streams.set(stream.id, stream);
    return stream;
  }

  #leave({ id }: Stream): void {
    if (this.#remove(id)) this.#send({ id, type: MessageType.Complete });
  }

  #remove(id: string): Stream | undefined {
    const stream = this.#streams.get(id);
    if (!stream) return undefined;
    this.#streams.delete(id);
    this.#emptied(stream);
    if (this.#streams.size === 0 && !this.#isOver) {
      this.#idle = setTimeout(() => this.#retire(), this.options.idleMs);
    }
    return stream;
  }

  #filled(stream: Stream): void {
    this.#full.add(stream);
    this.#socket.pause();
    const judge = (): void => {
      if (this.#full.size === this.#streams.size) {
        stream.lag = setTimeout(judge, this.options.lagMs);
        return;
      }
      this.#leave(stream);
      stream.inbox.fail(new Error('the reader of the stream held others up'));
    };
    stream.lag = setTimeout(judge, this.options.lagMs);
  }

  #emptied(stream: Stream): void {
    clearTimeout(stream.lag);
    if (!this.#full.delete(stream) || this.#full.size > 0) return;
    // The silence while it was paused was ours.
    this.#isHeard = true;
    this.#socket.resume();
  }

  #retire(): void {
    this.#end(new Error('the connection was no longer needed'));
    this.#socket.close(CLOSE_NORMAL);
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#idle);
    clearInterval(this.#beat);
    this.#refused(error);
    for (const { id } of [...this.#streams.values()]) this.#remove(id)?.inbox.fail(error);
    this.#ended();
  }

  #send(message: Message): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(stringifyMessage(message));
  }
}
