/** GraphQL over HTTP by Apollo Server, on Node's own server. */
import { HeaderMap, type ApolloServer, type BaseContext } from '@apollo/server';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendError } from './http.ts';

/** Lets Apollo Server answer a Node request: parsing, GET and POST rules, CSRF prevention and status codes are its own. */
export async function answerGraphql<C extends BaseContext>(
  apollo: ApolloServer<C>,
  request: IncomingMessage,
  response: ServerResponse,
  context: () => Promise<C>,
): Promise<void> {
  let body: unknown;
  if (request.method === 'POST') {
    const text = await readBody(request);
    if (text === undefined) {
      return sendError(response, 413, 'PAYLOAD_TOO_LARGE', 'A request may not be larger than one mebibyte.');
    }
    try {
      body = JSON.parse(text);
    } catch {
      return sendError(response, 400, 'BAD_REQUEST', 'The body of the request is not JSON.');
    }
  }
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: (request.method ?? 'GET').toUpperCase(),
      headers,
      search: new URL(request.url ?? '/', 'http://door').search,
      body,
    },
    context,
  });
  response.writeHead(answer.status ?? 200, Object.fromEntries(answer.headers));
  if (answer.body.kind === 'complete') {
    response.end(answer.body.string);
    return;
  }
  for await (const chunk of answer.body.asyncIterator) response.write(chunk);
  response.end();
}
