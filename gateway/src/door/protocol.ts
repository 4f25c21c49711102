/** The messages of graphql-transport-ws as the server reads and writes them, and the codes by which it closes. */
import type { GraphQLError } from 'graphql';
import { formatted } from '../execute/answer.ts';
import type { Payload } from './live.ts';

export const PROTOCOL = 'graphql-transport-ws';

/** Why the door closes a connection; the reasons that go with them are short and tell nothing of the inside. */
export const CLOSE = {
  goingAway: 1001,
  /** Come back: a subgraph that is needed is away, or the client was too slow. Clients try again after it. */
  tryLater: 1013,
  badRequest: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  protocolUnknown: 4406,
  initTimeout: 4408,
  idTaken: 4409,
  initTwice: 4429,
  fault: 4500,
} as const;

/** By which code a connection is closed that the guard did not let in, for this `extensions.code`. */
export function closeCodeOf(code: unknown): number {
  if (code === 'SUBGRAPH_UNAVAILABLE') return CLOSE.tryLater;
  if (code === 'BAD_REQUEST') return CLOSE.badRequest;
  return code === 'INTERNAL_SERVER_ERROR' ? CLOSE.fault : CLOSE.forbidden;
}

type Fields = Readonly<Record<string, unknown>>;

export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Fields | undefined }
  | { readonly type: 'ping' | 'pong'; readonly payload: Fields | undefined }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: Payload }
  | { readonly type: 'complete'; readonly id: string };

/** The message, or undefined for anything that no client may send. */
export function readMessage(text: string): ClientMessage | undefined {
  const message = fieldsOf(parsed(text));
  const id = message?.['id'];
  const payload = message?.['payload'];
  switch (message?.['type']) {
    case 'connection_init':
    case 'ping':
    case 'pong':
      return isAbsentOrFields(payload) ? { type: message['type'], payload: fieldsOf(payload) } : undefined;
    case 'subscribe': {
      const operation = readPayload(payload);
      return isId(id) && operation ? { type: 'subscribe', id, payload: operation } : undefined;
    }
    case 'complete':
      return isId(id) ? { type: 'complete', id } : undefined;
  }
  return undefined;
}

function readPayload(value: unknown): Payload | undefined {
  const { query, operationName, variables, extensions } = fieldsOf(value) ?? {};
  if (typeof query !== 'string') return undefined;
  if (operationName != null && typeof operationName !== 'string') return undefined;
  if (!isAbsentOrFields(variables) || !isAbsentOrFields(extensions)) return undefined;
  return { query, operationName: operationName ?? undefined, variables: fieldsOf(variables) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function isAbsentOrFields(value: unknown): boolean {
  return value == null || fieldsOf(value) !== undefined;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export const ACK = '{"type":"connection_ack"}';

export function pong(payload: Fields | undefined): string {
  return JSON.stringify({ type: 'pong', payload });
}

/** What an answer's JSON is put behind; a closing brace ends the message. In ASCII, whatever the id. */
export function nextPrefix(id: string): string {
  const start = `{"id":${JSON.stringify(id).replace(BEYOND_ASCII, escaped)},"type":"next","payload":`;
  // Whole: a string that was put together stays in pieces inside, which every message would walk through again.
  return Buffer.from(start, 'latin1').toString('latin1');
}

const BEYOND_ASCII = /[\u0080-\uffff]/g;

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

export function complete(id: string): string {
  return JSON.stringify({ id, type: 'complete' });
}

export function failure(id: string, errors: readonly GraphQLError[]): string {
  return JSON.stringify({ id, type: 'error', payload: errors.map(formatted) });
}
