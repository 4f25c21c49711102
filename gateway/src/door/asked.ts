/** What a client asks for over HTTP, read from a body or a URL; every way to get it wrong is a refusal. */
import { GraphQLError } from 'graphql';
import type { IncomingMessage } from 'node:http';
import { JSON_TYPE, type Accepted } from './accept.ts';

/** One operation of a client, not parsed yet. */
export interface Asked {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

const METHODS = 'GET, POST';
/** What a page may send to another origin without asking it first. */
const SIMPLE_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

/** BAD_REQUEST with a status of its own. */
export function badRequest(message: string, status = 400): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}

/** What is wrong with a request before its operation is looked at: its method, its content, the answer it would take. */
export function refusalOf(
  { method, headers }: IncomingMessage,
  { type: answer, parts, events }: Accepted,
): GraphQLError | undefined {
  const given = headers['content-type'];
  if (!answer && !parts && !events) {
    return badRequest('The answer is application/json, which the client does not accept.', 406);
  }
  // What nearly every client sends.
  if (method === 'POST' && given === JSON_TYPE) return undefined;
  if (method !== 'POST' && method !== 'GET') return badRequest(`GraphQL is asked by ${METHODS}.`, 405);
  const type = given?.split(';', 1)[0]?.trim().toLowerCase();
  const isSimple = type === undefined || SIMPLE_TYPES.includes(type);
  if (isSimple && !headers['apollo-require-preflight'] && !headers['x-apollo-operation-name']) {
    return badRequest(
      'A page of another origin could have sent this request unseen. Send the content type application/json, or the ' +
        'header apollo-require-preflight.',
    );
  }
  if (type === JSON_TYPE || (method === 'GET' && type === undefined)) return undefined;
  return badRequest('The content type of a request is application/json.', 415);
}

/** The methods that would have been right where one was wrong. */
export function methodsInstead({ method }: IncomingMessage): string {
  return method === 'GET' ? 'POST' : METHODS;
}

export function readPosted(body: string): Asked | GraphQLError {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return badRequest('The body of the request is not JSON.');
  }
  if (!isMap(value)) return badRequest('The body of the request must be one JSON object, one operation.');
  return check(value);
}

export function readGotten(url: string): Asked | GraphQLError {
  const at = url.indexOf('?');
  const search = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const fields: Record<string, unknown> = {};
  for (const name of ['query', 'operationName', 'variables', 'extensions'] as const) {
    const [text, second] = search.getAll(name);
    if (second !== undefined) return badRequest(`The parameter \`${name}\` may be given only once.`);
    if (text === undefined) continue;
    try {
      fields[name] = name === 'variables' || name === 'extensions' ? JSON.parse(text) : text;
    } catch {
      return badRequest(`The parameter \`${name}\` is not JSON.`);
    }
  }
  return check(fields);
}

function check(fields: Fields): Asked | GraphQLError {
  const { query, operationName, variables, extensions } = fields;
  if (extensions != null && !isMap(extensions)) return badRequest('`extensions` must be an object.');
  if (query === undefined && extensions?.['persistedQuery'] !== undefined) {
    // By this very message clients learn to send the whole text instead.
    return badRequest('PersistedQueryNotSupported', 200);
  }
  if (typeof query !== 'string' || query === '') {
    return badRequest('`query` must be the text of a GraphQL operation.');
  }
  if (operationName != null && typeof operationName !== 'string') {
    return badRequest('`operationName` must be a string.');
  }
  if (variables != null && !isMap(variables)) return badRequest('`variables` must be an object.');
  return { query, operationName: operationName || undefined, variables: variables ?? NO_VARIABLES };
}

const NO_VARIABLES: Fields = {};

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
