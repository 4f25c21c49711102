import { describe, expect, it } from 'vitest';
import { acceptedBy } from './accept.ts';

const JSON_ONLY = { type: 'application/json', parts: false, events: false };
const RESPONSE = { ...JSON_ONLY, type: 'application/graphql-response+json' };
const NOTHING = { type: undefined, parts: false, events: false };

describe('what a client accepts', () => {
  it.each([
    [undefined, JSON_ONLY],
    ['*/*', JSON_ONLY],
    ['application/*', JSON_ONLY],
    ['application/json', JSON_ONLY],
    ['application/json; charset=utf-8', JSON_ONLY],
    ['application/graphql-response+json', RESPONSE],
    ['application/graphql-response+json, application/json;q=0.9', RESPONSE],
    ['application/json;q=0.9, Application/GraphQL-Response+JSON', RESPONSE],
    ['application/json, application/graphql-response+json', JSON_ONLY],
    ['application/graphql-response+json;q=0.1, */*', JSON_ONLY],
    ['multipart/mixed;deferSpec=20220824,application/json', { ...JSON_ONLY, parts: true }],
    [
      'multipart/mixed; boundary="-"; deferSpec=20220824, application/graphql-response+json, application/json;q=0.9',
      { ...RESPONSE, parts: true },
    ],
    ['text/event-stream', { ...NOTHING, events: true }],
    ['text/event-stream, application/json', { ...JSON_ONLY, events: true }],
    ['multipart/mixed', NOTHING],
    ['multipart/mixed; deferSpec=20230621', NOTHING],
    ['text/html, application/json;q=0', NOTHING],
    ['application/json;q=none', NOTHING],
    ['text/plain', NOTHING],
    ['', NOTHING],
  ])('by %j is %j', (header, accepted) => {
    expect(acceptedBy(header)).toEqual(accepted);
  });
});
