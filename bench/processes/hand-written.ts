/**
 * Process: the limit. The small operation by hand: the same four calls that a gateway makes for it, as early as each
 * can be made, each entity asked for once; no parsing of GraphQL, no validation, no plan, no checks.
 */
import { createServer } from 'node:http';
import { Client } from 'undici';
import { readTask } from '../harness/child.ts';
import type { Site } from '../contenders.ts';

interface Product {
  readonly upc: string;
  readonly name: string;
  readonly price: number;
  readonly weight: number;
}
interface Stock {
  readonly inStock: boolean;
  readonly shippingEstimate: number;
}
interface Reviewed {
  readonly reviews: readonly { id: string; body: string; author: { id: string } }[];
}
interface Author {
  readonly id: string;
  readonly name: string;
}

const { port, urls } = readTask<Site>();

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' };

/** Sends one fixed query with changing variables to one subgraph; the connection used last is used next. */
function caller(name: string, query: string): <Data>(variables: unknown) => Promise<Data> {
  const { origin, pathname } = new URL(urls[name] ?? '');
  const idle: Client[] = [];
  const head = `{"query":${JSON.stringify(query)},"variables":`;
  return <Data>(variables: unknown) =>
    new Promise<Data>((resolve, reject) => {
      const client = idle.pop() ?? new Client(origin);
      const body = `${head}${JSON.stringify(variables)}}`;
      const chunks: Buffer[] = [];
      client.dispatch(
        { path: pathname, method: 'POST', headers: HEADERS, body },
        {
          onRequestStart: () => undefined,
          onResponseStart: () => undefined,
          onResponseData: (_controller, chunk) => {
            chunks.push(chunk);
          },
          onResponseEnd: () => {
            idle.push(client);
            const [first] = chunks;
            const whole = chunks.length === 1 && first ? first : Buffer.concat(chunks);
            resolve((JSON.parse(whole.toString()) as { data: Data }).data);
          },
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
}

const askProducts = caller(
  'products',
  'query($first:Int!){topProducts(first:$first){upc name price weight}}',
);
const askInventory = caller(
  'inventory',
  'query($r:[_Any!]!){_entities(representations:$r){...on Product{inStock shippingEstimate}}}',
);
const askReviews = caller(
  'reviews',
  'query($r:[_Any!]!){_entities(representations:$r){...on Product{reviews{id body author{id}}}}}',
);
const askAccounts = caller(
  'accounts',
  'query($r:[_Any!]!){_entities(representations:$r){...on User{id name}}}',
);

async function answer(first: number): Promise<string> {
  const { topProducts } = await askProducts<{ topProducts: Product[] }>({ first });
  const stocking = askInventory<{ _entities: Stock[] }>({
    r: topProducts.map(({ upc, price, weight }) => ({ __typename: 'Product', upc, price, weight })),
  });
  const reviewed = await askReviews<{ _entities: Reviewed[] }>({
    r: topProducts.map(({ upc }) => ({ __typename: 'Product', upc })),
  });
  const authorIds = new Set(
    reviewed._entities.flatMap(({ reviews }) => reviews.map(({ author }) => author.id)),
  );
  const authored = askAccounts<{ _entities: Author[] }>({
    r: [...authorIds].map((id) => ({ __typename: 'User', id })),
  });
  const [stock, authors] = await Promise.all([stocking, authored]);
  const authorOf = new Map(authors._entities.map((each) => [each.id, each]));
  return JSON.stringify({
    data: {
      topProducts: topProducts.map(({ upc, name, price }, index) => ({
        upc,
        name,
        price,
        inStock: stock._entities[index]?.inStock,
        shippingEstimate: stock._entities[index]?.shippingEstimate,
        reviews: reviewed._entities[index]?.reviews.map(({ id, body, author }) => ({
          id,
          body,
          author: authorOf.get(author.id),
        })),
      })),
    },
  });
}

createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    const { variables } = JSON.parse(text) as { variables?: { first: number } };
    void answer(variables?.first ?? 0).then((body) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
}).listen(port, '127.0.0.1');
