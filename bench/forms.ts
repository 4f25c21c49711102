/** The platform's own graph in its two forms, side by side: what a fetch costs that needs no wire. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DEMO_PASSWORD, TENANTS, USERS } from '../prisma/seed/story.ts';
import { CORE } from './harness/machine.ts';
import { freePorts, startOwn, untilAnswers, type Running } from './harness/process.ts';
import { shown } from './harness/report.ts';
import { say } from './harness/say.ts';
import type { PlatformTask } from './processes/platform.ts';
import type { Asked, LoadOrder, LoadResult } from './processes/load.ts';

export type Form = PlatformTask['form'];

export interface FormTurn {
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all processes of the form, its database among them. */
  readonly cpuMsPerRequest: number;
}

export interface FormsOptions {
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
}

/** A trader looks at an instrument: trading, ai, users and billing in one answer. */
const SCREEN = `
  query Screen($symbol: String!) {
    instrument(symbol: $symbol) {
      symbol
      name
      exchange
      tickSize
      quote { last open high low previousClose volume }
      depth { bids { price quantity } asks { price quantity } }
      forecast { annualisedVolatility valueAtRisk99 }
    }
    me {
      displayName
      tier
      wallet { available { amount currency } held { amount } }
      buyingPower { amount }
    }
  }
`;

/** One connection each, with an instrument of their own: no two ask the same, so no two can share a round trip. */
const TRADERS = Object.values(USERS)
  .filter(({ tenantId }) => tenantId === TENANTS.gridworks.id)
  .map(({ email }) => email);
const JSON_HEADERS = { 'content-type': 'application/json' };

const FORMS: readonly Form[] = ['embedded', 'distributed'];
/** The gateway and its six subgraphs. */
const PORTS = 7;

interface Started {
  readonly form: Form;
  readonly running: Running;
  readonly order: Omit<LoadOrder, 'durationMs'>;
}

/** Both forms run on one core, database and all, and are asked in turns from the other. */
export async function compareForms(options: FormsOptions): Promise<ReadonlyMap<Form, readonly FormTurn[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const load = startOwn(CORE.others, 'load', { connections: TRADERS.length });
  const started: Started[] = [];
  try {
    for (const form of FORMS) started.push(await startForm(form, join(folder, form)));
    await checkEqual(started);
    for (const each of started) await turn(each, options.warmUpMs);
    const turns = new Map<Form, FormTurn[]>(FORMS.map((form) => [form, []]));
    for (let round = 1; round <= options.rounds; round++) {
      const told: string[] = [];
      for (const each of round % 2 === 0 ? started.toReversed() : started) {
        const taken = await turn(each, options.durationMs);
        turns.get(each.form)?.push(taken);
        told.push(`${each.form} ${shown(taken.requestsPerS)}`);
      }
      say(`  platform ${round}/${options.rounds}: ${told.join(', ')} requests/s`);
    }
    return turns;
  } finally {
    await Promise.all([load, ...started.map(({ running }) => running)].map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  }

  async function turn({ running, order }: Started, durationMs: number): Promise<FormTurn> {
    const before = running.cpuMs();
    const result = await load.ask<LoadResult>('load', { ...order, durationMs });
    const cpuMs = running.cpuMs() - before;
    const { requests, failures, elapsedMs, p50Ms, p99Ms } = result;
    if (failures > 0) throw new Error(`the platform failed ${failures} of ${requests} requests`);
    return {
      requestsPerS: (requests / elapsedMs) * 1_000,
      p50Ms,
      p99Ms,
      cpuMsPerRequest: cpuMs / requests,
    };
  }
}

async function startForm(form: Form, dataDir: string): Promise<Started> {
  say(`  starting the platform, ${form}`);
  const port = await freePorts(PORTS);
  const running = startOwn(CORE.gateway, 'platform', { form } satisfies PlatformTask, {
    env: {
      PORT: String(port),
      GRIDWORKS_DATA: dataDir,
      // Nothing moves but what is asked for, so both forms have the same to tell.
      GRIDWORKS_SIMULATOR: 'off',
      LOG_LEVEL: 'error',
    },
  });
  const url = `http://127.0.0.1:${port}/graphql`;
  await untilAnswers(url, running);
  const symbols = await symbolsOf(url);
  const asked = await Promise.all(TRADERS.map((email, index) => askedBy(url, email, symbols[index] ?? '')));
  return { form, running, order: { url, asked, answerBytes: undefined } };
}

async function symbolsOf(url: string): Promise<readonly string[]> {
  const query = `{ instruments(first: ${TRADERS.length}) { edges { node { symbol } } } }`;
  const { data } = (await ask(url, { headers: JSON_HEADERS, body: JSON.stringify({ query }) })) as {
    data: { instruments: { edges: { node: { symbol: string } }[] } };
  };
  return data.instruments.edges.map(({ node }) => node.symbol);
}

/** What a trader who has signed in asks about one instrument. */
async function askedBy(url: string, email: string, symbol: string): Promise<Asked> {
  const input = { tenant: TENANTS.gridworks.slug, email, password: DEMO_PASSWORD };
  const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }';
  const { data } = (await ask(url, {
    headers: JSON_HEADERS,
    body: JSON.stringify({ query, variables: { input } }),
  })) as { data: { signIn: { session: { accessToken: string } } } };
  const authorization = `Bearer ${data.signIn.session.accessToken}`;
  return {
    headers: { ...JSON_HEADERS, authorization },
    body: JSON.stringify({ query: SCREEN, variables: { symbol } }),
  };
}

/** Both forms must give the same whole answers; what is compared otherwise would be two different things. */
async function checkEqual([one, other]: readonly Started[]): Promise<void> {
  if (!one || !other) return;
  for (const index of TRADERS.keys()) {
    const answers = [
      await ask(one.order.url, one.order.asked[index]),
      await ask(other.order.url, other.order.asked[index]),
    ];
    const [first, second] = answers as { errors?: unknown }[];
    if (first?.errors !== undefined || !isDeepStrictEqual(first, second)) {
      throw new Error(`the forms disagree:\n${answers.map((each) => JSON.stringify(each)).join('\n')}`);
    }
  }
}

async function ask(url: string, asked: Asked | undefined): Promise<unknown> {
  return (await fetch(url, { method: 'POST', ...asked })).json();
}
