/**
 * What parties outside tell a subgraph by a plain request, `POST /hooks/<subgraph>/<name>` with a text of theirs. The
 * door does not know them and hands the text on as it is: the subgraph tells from the text itself whether it is genuine.
 */
import type { HookVerdict } from '@gridworks/kit/subgraph';
import { readBody, sendError, sendJson } from '@gridworks/kit/http';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError } from 'graphql';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { askRoute, type Transport } from '../transport/transport.ts';

export interface HookOptions {
  readonly transports: ReadonlyMap<string, Transport>;
  readonly bodyBytesMax: number;
  readonly log: Log;
}

const PATH = /^\/hooks\/([a-z]+)\/([a-z-]+)$/;

/** Whether the path is one of a hook; then the request is answered. */
export async function answerHook(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { transports, bodyBytesMax, log }: HookOptions,
): Promise<boolean> {
  const [, subgraph = '', hook] = PATH.exec(path) ?? [];
  const transport = transports.get(subgraph);
  if (hook === undefined || !transport) return false;
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    sendError(response, 405, 'BAD_REQUEST', 'A hook is told by POST.');
    return true;
  }
  const text = await readBody(request, bodyBytesMax);
  if (text === undefined) {
    sendError(response, 413, 'PAYLOAD_TOO_LARGE', 'The request is too large.');
    return true;
  }
  try {
    answer(response, (await askRoute(transport, log, `/hooks/${hook}`, text)) as HookVerdict);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    sendError(response, 503, 'SUBGRAPH_UNAVAILABLE', error.message);
  }
  return true;
}

function answer(response: ServerResponse, verdict: HookVerdict): void {
  switch (verdict) {
    case 'TAKEN':
      return sendJson(response, 200, { status: 'ok' });
    case 'UNREADABLE':
      return sendError(response, 400, 'BAD_REQUEST', 'It cannot be read.');
    case 'NOT_GENUINE':
      return sendError(response, 403, 'FORBIDDEN', 'It is not from whom it says it is.');
  }
}
