/**
 * A broker on this machine that speaks Kite Connect v3 (REST, postbacks, ticker) and misbehaves on purpose. What is true
 * there is in `truth`, what goes wrong in `faults`.
 */
import { listen, readBody, sendJson, type Listening } from '@gridworks/kit/http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeFrame } from '../../domain/broker/packet.ts';
import { createRandom } from '../../domain/random.ts';
import type { Time } from '../../remote/time.ts';
import { waitMs, type Limit } from '../../domain/broker/pace.ts';
import { Faults } from './faults.ts';
import { orderJson, positionsJson, postbackJson, tradeJson } from './json.ts';
import { Listings, type Listing } from './listings.ts';
import { Logins } from './logins.ts';
import { Sockets } from './sockets.ts';
import { KiteError, Truth, type TrueOrder } from './truth.ts';

export interface StandInOptions {
  readonly apiKey: string;
  readonly accessToken: string;
  readonly apiSecret: string;
  readonly seed: string;
  readonly listings: readonly Listing[];
  readonly host?: string;
  /** 0, the default, for any that is free. */
  readonly port?: number;
  readonly heartbeatMs: number;
  /** How late what is late comes. */
  readonly lateMs: number;
  /** Turns away what comes faster. */
  readonly orderLimit?: Limit;
  /** Where postbacks are sent. */
  readonly postbackUrl?: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly form: URLSearchParams;
}

const REGULAR = '/orders/regular';

export class StandIn {
  readonly truth = new Truth();
  readonly faults: Faults;
  readonly listings: Listings;
  readonly logins: Logins;
  /** Requests that were let in, by method and path. */
  readonly asked: string[] = [];
  /** How many orders and changes came faster than is allowed. */
  turnedAway = 0;
  readonly #sockets: Sockets;
  #listening: Listening | undefined;
  #orderTimesMs: number[] = [];
  /** The order book as it was given out last. */
  #lastBook: readonly Record<string, unknown>[] = [];

  private constructor(
    private readonly options: StandInOptions,
    private readonly time: Time,
  ) {
    this.faults = new Faults(createRandom(options.seed));
    this.listings = new Listings(options.listings);
    this.logins = new Logins(options, options.accessToken);
    this.#sockets = new Sockets(this.faults, this.listings, time, this.logins, options.heartbeatMs);
  }

  /** Listens and answers. */
  static async open(options: StandInOptions, time: Time): Promise<StandIn> {
    const standIn = new StandIn(options, time);
    const { host = '127.0.0.1', port = 0 } = options;
    standIn.#listening = await listen(host, port, (request, response) => standIn.#answer(request, response));
    standIn.#listening.server.on('upgrade', (request, socket, head) =>
      standIn.#sockets.admit(request, socket, head),
    );
    standIn.#sockets.beat();
    return standIn;
  }

  get restUrl(): string {
    return `http://${this.options.host ?? '127.0.0.1'}:${this.#listening?.port ?? 0}`;
  }

  get tickerUrl(): string {
    return this.restUrl.replace('http', 'ws');
  }

  /** The tickers that are connected. */
  get sockets(): Sockets {
    return this.#sockets;
  }

  async close(): Promise<void> {
    this.#sockets.close();
    this.#listening?.server.closeAllConnections();
    await this.#listening?.close();
  }

  /** Part of an order trades, and that is told. */
  fill(order: TrueOrder, quantity: number, price: bigint = order.price): void {
    this.truth.fill(order, quantity, price, this.time.now());
    this.#tell(order);
  }

  /** The exchange turns an order down, and that is told. */
  reject(order: TrueOrder, message: string): void {
    this.truth.reject(order, message, this.time.now());
    this.#tell(order);
  }

  trigger(order: TrueOrder): void {
    this.truth.trigger(order, this.time.now());
    this.#tell(order);
  }

  /** A price moves, and the tickers tell. */
  move(symbol: string, price: bigint, quantity: bigint): void {
    const listing = this.listings.trade(symbol, price, quantity);
    this.#sockets.tick(listing.token, (kind) =>
      encodeFrame([this.listings.packetOf(listing, kind, Math.floor(this.time.now() / 1_000))]),
    );
  }

  /** The body of a postback about an order as it stands. */
  postback(order: TrueOrder): string {
    return JSON.stringify(postbackJson(order, this.#tokenOf(order), this.options.apiSecret));
  }

  #tell(order: TrueOrder): void {
    this.#sockets.push(JSON.stringify({ type: 'order', data: orderJson(order, this.#tokenOf(order)) }));
    const { postbackUrl } = this.options;
    if (postbackUrl === undefined || this.faults.strikes('LOST_UPDATE')) return;
    // A postback that does not arrive is lost.
    fetch(postbackUrl, { method: 'POST', body: this.postback(order) }).catch(() => undefined);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request)) ?? '';
    const { pathname } = new URL(request.url ?? '/', 'http://kite');
    const asked = { method: request.method ?? 'GET', path: pathname, form: new URLSearchParams(body) };
    if (asked.method === 'POST' && asked.path === '/session/token') return this.#logIn(asked, response);
    const [, apiKey = '', accessToken = ''] =
      /^token (.*):(.*)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!this.logins.isGood(apiKey, accessToken)) {
      return fail(response, new KiteError(403, 'TokenException', 'Incorrect `api_key` or `access_token`.'));
    }
    if (request.headers['x-kite-version'] !== '3') {
      return fail(response, new KiteError(400, 'InputException', 'Invalid API version.'));
    }
    const isWrite = asked.method !== 'GET';
    if ((isWrite && this.#isTooFast()) || this.faults.strikes('TOO_MANY_REQUESTS')) {
      return fail(response, new KiteError(429, 'NetworkException', 'Too many requests'));
    }
    this.asked.push(`${asked.method} ${asked.path}`);
    if (this.faults.strikes('SLOW_ANSWER')) await this.#late();
    return isWrite ? this.#write(asked, request, response) : this.#read(asked, response);
  }

  async #write(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.faults.strikes('ERROR_BEFORE')) return gatewayError(response, 502);
    if (this.faults.strikes('DONE_LATE')) {
      gatewayError(response, 504);
      await this.#late();
      this.#carryOut(asked);
      return;
    }
    const outcome = this.#carryOut(asked);
    if (outcome instanceof KiteError) return fail(response, outcome);
    if (this.faults.strikes('ERROR_AFTER')) return gatewayError(response, 502);
    if (this.faults.strikes('RESET_AFTER')) return void request.socket.destroy();
    if (this.faults.strikes('TIMED_OUT_AFTER')) {
      const message =
        'Order request timed out. Please check the order book and confirm before placing again.';
      return fail(response, new KiteError(400, 'InputException', message));
    }
    if (this.faults.strikes('GARBLED_ANSWER')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end('{"status":"success","data":{"order_i');
    }
    succeed(response, { order_id: outcome.orderId });
  }

  #carryOut({ method, path, form }: Asked): TrueOrder | KiteError {
    const nowMs = this.time.now();
    if (method === 'POST' && path === REGULAR) {
      const listed = this.listings.find(`${form.get('exchange')}:${form.get('tradingsymbol')}`);
      if (!listed) return new KiteError(400, 'InputException', 'The instrument does not exist.');
      return this.#told(this.truth.place(form, nowMs));
    }
    const orderId = path.slice(REGULAR.length + 1);
    const filled = this.truth.find(orderId)?.status === 'COMPLETE';
    if (filled && this.faults.strikes('MISSING_ORDER')) {
      return new KiteError(404, 'GeneralException', "Couldn't find that `order_id`.");
    }
    if (method === 'PUT') return this.#modify(orderId, form);
    const cancelled = this.#told(this.truth.cancel(orderId, nowMs));
    if (!(cancelled instanceof KiteError) && this.faults.strikes('LATE_FILL')) {
      this.fill(cancelled, Math.ceil((cancelled.quantity - cancelled.filled) / 2));
    }
    return cancelled;
  }

  #modify(orderId: string, form: URLSearchParams): TrueOrder | KiteError {
    if (this.faults.strikes('REFUSED_CHANGE'))
      return new KiteError(400, 'MarginException', 'Insufficient funds.');
    const order = this.truth.find(orderId);
    if (order?.status === 'OPEN' && this.faults.strikes('UNMADE_CHANGE')) return order;
    return this.#told(this.truth.modify(orderId, form, this.time.now()));
  }

  #told(outcome: TrueOrder | KiteError): TrueOrder | KiteError {
    if (!(outcome instanceof KiteError)) this.#tell(outcome);
    return outcome;
  }

  #logIn({ form }: Asked, response: ServerResponse): void {
    const session = this.logins.exchange(form);
    if (session instanceof KiteError) return fail(response, session);
    succeed(response, session);
  }

  #read({ path }: Asked, response: ServerResponse): void {
    if (this.faults.strikes('ERROR_BEFORE')) return gatewayError(response, 502);
    switch (path) {
      case '/orders':
        return succeed(response, this.#book());
      case '/trades': {
        const isMissing = this.faults.strikes('MISSING_TRADE');
        const trades = this.truth.trades.filter(({ order }) => !this.truth.unlisted.has(order));
        return succeed(response, trades.slice(0, isMissing ? -1 : undefined).map(tradeJson));
      }
      case '/portfolio/positions':
        return succeed(response, positionsJson(this.truth));
      case '/instruments':
        response.writeHead(200, { 'content-type': 'text/csv' });
        return void response.end(this.listings.csv());
      default:
        return this.#readOrder(path, response);
    }
  }

  /** One order's states, of which the stand-in keeps the latest only, or its trades. */
  #readOrder(path: string, response: ServerResponse): void {
    const [, orderId = '', isTrades] = /^\/orders\/([^/]+)(\/trades)?$/.exec(path) ?? [];
    const order = this.truth.find(orderId);
    if (!order)
      return fail(response, new KiteError(404, 'GeneralException', "Couldn't find that `order_id`."));
    const trades = this.truth.trades.filter((trade) => trade.order === order);
    return succeed(response, isTrades ? trades.map(tradeJson) : [orderJson(order, this.#tokenOf(order))]);
  }

  #book(): readonly Record<string, unknown>[] {
    const before = this.#lastBook;
    const listed = this.truth.orders.filter((order) => !this.truth.unlisted.has(order));
    this.#lastBook = listed.map((order) => orderJson(order, this.#tokenOf(order)));
    if (this.faults.strikes('STALE_BOOK')) return before;
    const isMissing = this.#lastBook.length > 0 && this.faults.strikes('MISSING_ORDER');
    return isMissing ? this.#lastBook.slice(0, -1) : this.#lastBook;
  }

  #isTooFast(): boolean {
    const { orderLimit } = this.options;
    if (!orderLimit) return false;
    const nowMs = this.time.now();
    if (waitMs(this.#orderTimesMs, [orderLimit], nowMs) > 0) {
      this.turnedAway += 1;
      return true;
    }
    this.#orderTimesMs = [...this.#orderTimesMs, nowMs].slice(-orderLimit.count);
    return false;
  }

  #tokenOf({ exchange, tradingsymbol }: TrueOrder): number {
    return this.listings.find(`${exchange}:${tradingsymbol}`)?.token ?? 0;
  }

  #late(): Promise<void> {
    return new Promise((resolve) => void this.time.after(this.options.lateMs, resolve));
  }
}

function succeed(response: ServerResponse, data: unknown): void {
  sendJson(response, 200, { status: 'success', data });
}

function fail(response: ServerResponse, { status, type, message }: KiteError): void {
  sendJson(response, status, { status: 'error', error_type: type, message, data: null });
}

/** What stands in front of the broker answers, and not in JSON. */
function gatewayError(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<html><body><h1>Bad gateway</h1></body></html>');
}
