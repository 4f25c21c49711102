/** `npm run broker:stand-in`: a broker on this machine that speaks Kite Connect v3 and misbehaves when it is told to. */
import { createRandom } from '@gridworks/trading/domain/random';
import { machineTime } from '@gridworks/trading/remote/time';
import { Crowd } from '@gridworks/trading/testing/kite/crowd';
import { FAULTS, FAULT_NAMES, type Fault } from '@gridworks/trading/testing/kite/faults';
import { StandIn } from '@gridworks/trading/testing/kite/stand-in';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { onStop } from './terminal.ts';

const USAGE = `Usage: npm run broker:stand-in -- [options]

A broker with orders, trades, positions and live prices of its own, at the addresses of Kite Connect v3.

  --port n         where it listens (default 4010), REST and ticker
  --seed text      of its prices and of its chance faults (default "stand-in")
  --chance p       probability of each fault at each occasion, 0 to 1 (default 0: it behaves)
  --postback url   where it posts order updates, besides the ticker: <the graph>/hooks/trading/broker

While it runs it takes commands, a line each:
  fault NAME [n]   the fault happens at the next n occasions (default 1)
  calm             no more faults
  expire           nobody is logged in any more, as each morning
  login            prints a request token, as the login page would send it back
  orders           what is true
  help             the names of the faults`;

const CREDENTIALS = { apiKey: 'stand-in', accessToken: 'stand-in', apiSecret: 'stand-in' };
const LISTINGS = [
  { name: 'NSE:INFY', token: 408_065, lastPrice: 1_500_00n },
  { name: 'NSE:RELIANCE', token: 738_561, lastPrice: 1_405_00n },
  { name: 'NSE:SBIN', token: 779_521, lastPrice: 800_00n },
  { name: 'NSE:TCS', token: 2_953_217, lastPrice: 3_100_00n },
];
const BEAT_MS = 1_000;
const LATE_MS = 15_000;

export async function main(args: string[]): Promise<void> {
  const { values } = parse(args);
  if (values.help) return console.log(USAGE);
  const chance = Number(values.chance);
  if (!(chance >= 0 && chance <= 1)) throw new Error(`--chance: "${values.chance}" is no probability.`);
  const standIn = await StandIn.open(
    {
      ...CREDENTIALS,
      seed: values.seed,
      listings: LISTINGS,
      port: Number(values.port),
      heartbeatMs: BEAT_MS,
      lateMs: LATE_MS,
      orderLimit: { count: 10, perMs: 1_000 },
      ...(values.postback === undefined ? {} : { postbackUrl: values.postback }),
    },
    machineTime,
  );
  standIn.faults.setRates(Object.fromEntries(FAULT_NAMES.map((fault) => [fault, chance])));
  const crowd = new Crowd(standIn, createRandom(`${values.seed} crowd`));
  const beat = setInterval(() => crowd.trade(), BEAT_MS);
  createInterface({ input: process.stdin }).on('line', (line) => obey(standIn, line));
  onStop(async () => {
    clearInterval(beat);
    await standIn.close();
  });
  const { apiKey, accessToken, apiSecret } = CREDENTIALS;
  console.log(
    `A stand-in for a broker listens at ${standIn.restUrl}; "help" lists its faults. To trade there:\n`,
  );
  console.log(`  BROKER_URL=${standIn.restUrl} BROKER_API_KEY=${apiKey} \\`);
  console.log(`  BROKER_ACCESS_TOKEN=${accessToken} BROKER_API_SECRET=${apiSecret} npm start\n`);
}

function parse(args: string[]) {
  return parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4010' },
      seed: { type: 'string', default: 'stand-in' },
      chance: { type: 'string', default: '0' },
      postback: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
}

function obey({ faults, truth, logins }: StandIn, line: string): void {
  const [command, name = '', times = '1'] = line.trim().split(/\s+/);
  if (command === 'calm') return faults.calm();
  if (command === 'expire') return logins.expire();
  if (command === 'login') return console.log(logins.request());
  if (command === 'orders') {
    for (const { orderId, tradingsymbol, side, quantity, filled, status, tag } of truth.orders) {
      console.log(orderId, side, quantity, tradingsymbol, status, `${filled} filled`, tag);
    }
    return;
  }
  if (command === 'fault' && isFault(name) && Number(times) > 0) return faults.arm(name, Number(times));
  for (const fault of FAULT_NAMES) console.log(fault.padEnd(20), FAULTS[fault]);
}

function isFault(name: string): name is Fault {
  return Object.hasOwn(FAULTS, name);
}
