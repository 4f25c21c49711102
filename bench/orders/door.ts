/**
 * Orders one by one through the GraphQL door, each of which trades with the simulated market, beside what the door could do at most: a mutation of the same
 * subgraph under the same guard that is refused before the exchange hears of it. In turns, in the same run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { DEMO_PASSWORD, TENANTS, USERS } from '../../prisma/seed/story.ts';
import { freePorts, startOwn, untilAnswers } from '../harness/process.ts';
import { printTable, shown } from '../harness/report.ts';
import { say } from '../harness/say.ts';
import { median, quantile, rounded } from '../harness/statistics.ts';
import type { PlatformTask } from '../processes/platform.ts';

/** One round of one kind of mutation. */
export interface DoorRound {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface DoorResult {
  readonly orders: readonly DoorRound[];
  readonly ceiling: readonly DoorRound[];
}

const CONNECTIONS = 64;
const WARM_UP_MS = 1_500;
const SYMBOL = 'YESBANK';
const PLACE = `mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status } refusal { code } } }`;
const CEILING = `mutation Ceiling($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id status } refusal { code } } }`;

type Body = () => string;

export async function compareDoor(rounds: number, durationMs: number): Promise<DoorResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const port = await freePorts(1);
  say('  starting the platform behind its door');
  const running = startOwn(null, 'platform', { form: 'embedded' } satisfies PlatformTask, {
    env: {
      PORT: String(port),
      GRIDWORKS_DATA: folder,
      GRIDWORKS_ORDER_RATE_MAX: '1000000',
      GRIDWORKS_OPENING_CREDIT: '1000000000.00',
      LOG_LEVEL: 'error',
    },
  });
  const url = `http://127.0.0.1:${port}/graphql`;
  try {
    await untilAnswers(url, running);
    const headers = await Promise.all(traders().map((email) => signIn(url, email)));
    const run = Date.now().toString(36);
    let count = 0;
    const bodies: Readonly<Record<keyof DoorResult, Body>> = {
      orders: () => {
        count += 1;
        const base = { clientOrderId: `${run}-${count}`, symbol: SYMBOL, side: 'BUY', type: 'MARKET' };
        const input = { ...base, product: 'CNC', quantity: 1 };
        return JSON.stringify({ query: PLACE, variables: { input } });
      },
      ceiling: () => JSON.stringify({ query: CEILING, variables: { input: { orderId: 'none' } } }),
    };
    const expected = { orders: '"refusal":null', ceiling: '"ORDER_UNKNOWN"' };
    const turn = (kind: keyof DoorResult, ms: number): Promise<DoorRound> =>
      drive(url, headers, bodies[kind], expected[kind], ms);
    for (const kind of ['ceiling', 'orders'] as const) await turn(kind, WARM_UP_MS);
    const result: Record<keyof DoorResult, DoorRound[]> = { orders: [], ceiling: [] };
    for (let round = 1; round <= rounds; round++) {
      const kinds = ['ceiling', 'orders'] as const;
      for (const kind of round % 2 === 0 ? kinds.toReversed() : kinds)
        result[kind].push(await turn(kind, durationMs));
      const told = (kind: keyof DoorResult): string => shown(result[kind].at(-1)?.perSecond);
      say(
        `  door ${round}/${rounds}: ${told('orders')} orders/s, ${told('ceiling')} refused before the exchange/s`,
      );
    }
    printTable([
      ['the door', 'a second', 'p50 ms', 'p99 ms'],
      ...(['orders', 'ceiling'] as const).map((kind) => [
        kind === 'orders' ? 'placeOrder' : 'its ceiling',
        shown(median(result[kind].map(({ perSecond }) => perSecond))),
        shown(median(result[kind].map(({ p50Ms }) => p50Ms)), 1),
        shown(median(result[kind].map(({ p99Ms }) => p99Ms)), 1),
      ]),
    ]);
    return result;
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function traders(): readonly string[] {
  return Object.values(USERS)
    .filter(({ tenantId }) => tenantId === TENANTS.gridworks.id)
    .map(({ email }) => email);
}

/** A closed loop: each connection asks again as soon as it is answered. */
async function drive(
  url: string,
  headers: readonly Readonly<Record<string, string>>[],
  body: Body,
  expected: string,
  durationMs: number,
): Promise<DoorRound> {
  const { origin, pathname: path } = new URL(url);
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(origin));
  const latencies: number[] = [];
  const began = performance.now();
  const end = began + durationMs;
  await Promise.all(
    clients.map(async (client, index) => {
      const as = headers[index % headers.length] ?? {};
      for (let sentAt = performance.now(); sentAt < end; sentAt = performance.now()) {
        const { body: answer } = await client.request({ path, method: 'POST', headers: as, body: body() });
        const text = await answer.text();
        if (!text.includes(expected)) throw new Error(`the door answered ${text.slice(0, 500)}`);
        latencies.push(performance.now() - sentAt);
      }
    }),
  );
  const elapsedMs = performance.now() - began;
  await Promise.all(clients.map((client) => client.close()));
  latencies.sort((a, b) => a - b);
  return {
    perSecond: rounded((latencies.length / elapsedMs) * 1_000),
    p50Ms: rounded(quantile(latencies, 0.5)),
    p99Ms: rounded(quantile(latencies, 0.99)),
  };
}

async function signIn(url: string, email: string): Promise<Readonly<Record<string, string>>> {
  const input = { tenant: TENANTS.gridworks.slug, email, password: DEMO_PASSWORD };
  const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }';
  const { signIn } = await ask<{ signIn: { session: { accessToken: string } } }>(url, query, { input });
  return { 'content-type': 'application/json', authorization: `Bearer ${signIn.session.accessToken}` };
}

async function ask<T>(url: string, query: string, variables: object): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return ((await answer.json()) as { data: T }).data;
}
