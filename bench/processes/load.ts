/** Process: asks one address as fast as it answers, over kept connections, each with one request at a time. */
import { Client } from 'undici';
import { readTask, serveParent } from '../harness/child.ts';
import { quantile } from '../harness/statistics.ts';

export interface Asked {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface LoadOrder {
  readonly url: string;
  /** Each connection asks one of them, again and again. */
  readonly asked: readonly Asked[];
  readonly durationMs: number;
  /** Length of the right answer's body; undefined when any length will do. */
  readonly answerBytes: number | undefined;
}

export interface LoadResult {
  readonly requests: number;
  /** Answers of another status or length than they should have, and broken connections. */
  readonly failures: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const { connections } = readTask<{ readonly connections: number }>();

async function load(order: LoadOrder): Promise<LoadResult> {
  const { origin, pathname } = new URL(order.url);
  const clients = Array.from({ length: connections }, () => new Client(origin));
  const latencies: number[] = [];
  let failures = 0;
  const began = performance.now();
  const end = began + order.durationMs;

  const drive = (client: Client, index: number): Promise<void> =>
    new Promise((resolve) => {
      const { body, headers } = order.asked[index % order.asked.length] as Asked;
      const next = (): void => {
        const sentAt = performance.now();
        if (sentAt >= end) return resolve();
        let status = 0;
        let bytes = 0;
        const settle = (isRight: boolean): void => {
          if (!isRight) failures += 1;
          latencies.push(performance.now() - sentAt);
          next();
        };
        client.dispatch(
          { path: pathname, method: 'POST', headers, body },
          {
            onRequestStart: () => undefined,
            onResponseStart: (_controller, code) => {
              status = code;
            },
            onResponseData: (_controller, chunk) => {
              bytes += chunk.length;
            },
            onResponseEnd: () =>
              settle(status === 200 && (order.answerBytes === undefined || bytes === order.answerBytes)),
            onResponseError: () => settle(false),
          },
        );
      };
      next();
    });

  await Promise.all(clients.map(drive));
  const elapsedMs = performance.now() - began;
  await Promise.all(clients.map((client) => client.close()));
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    failures,
    elapsedMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

serveParent({ load });
