import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readConfig, repoRoot } from '@gridworks/kit/config';
import { curves, powersOfTau, r1cs as r1csFile, zKey } from 'snarkjs';
import type { Curve, Logger } from 'snarkjs';
import { circuitsPath, keyPath, readCircuits, sourcePath } from './circuit.ts';
import type { Artefact, Circuit } from './circuit.ts';

const usage = `npm run ceremony -- [options]

Compiles the circuits and makes their proving and verification keys. Without options one local contributor
does everything: good for development, not for production (see circuits/README.md).

  --ptau FILE      use these prepared powers of tau instead of making them; they are verified first
  --prepare        stop after the initial zkey, so that others can contribute to it
  --phase2 FILE    take this zkey, with everybody's contributions, instead of contributing locally
  --beacon HEX     public randomness nobody could know before the last contribution (default: random)
  --cache DIR      where powers of tau and initial zkeys are kept (default: ceremony/ in GRIDWORKS_DATA)
`;

/** The beacon is hashed 2^10 times: the least snarkjs accepts. */
const beaconIterationsExponent = 10;

interface Contribution {
  readonly name: string;
  /** blake2b-512 of the contribution, hex: what each contributor compares with their own record. */
  readonly hash: string;
  readonly beacon?: string;
}

interface PowersOfTau {
  readonly path: string;
  readonly source: 'local' | 'given';
  readonly sha256: string;
  /** Empty for a given file: its own transcript is published by those who made it. */
  readonly contributions: readonly Contribution[];
}

export interface Compiled {
  readonly r1cs: string;
  readonly wasm: string;
  /** One wire a line: label, witness index, component, name. */
  readonly sym: string;
  readonly constraints: number;
  readonly ptauPower: number;
}

/**
 * Compiles one circuit into `folder`. The compiler runs as WebAssembly and can only read below its working
 * directory, so the source and the library files that it includes are staged there.
 */
export async function compileCircuit(circuit: Circuit, folder: string): Promise<Compiled> {
  const { resolve } = createRequire(join(repoRoot, 'package.json'));
  const library = dirname(resolve('circomlib/circuits/poseidon.circom'));
  await copyFile(sourcePath(circuit), join(folder, circuit.file));
  for (const file of ['poseidon.circom', 'poseidon_constants.circom']) {
    await copyFile(join(library, file), join(folder, file));
  }
  const compiler = resolve('circom2/cli.js');
  await promisify(execFile)(
    process.execPath,
    [compiler, circuit.file, '--r1cs', '--wasm', '--sym', '--O2', '-o', '.'],
    { cwd: folder },
  );
  const stem = circuit.file.replace(/\.circom$/, '');
  const r1cs = join(folder, `${stem}.r1cs`);
  // Bytes, because of a path snarkjs would leave the file open.
  const { nConstraints, nPubInputs, nOutputs } = await r1csFile.info(await readFile(r1cs));
  return {
    r1cs,
    wasm: join(folder, `${stem}_js`, `${stem}.wasm`),
    sym: join(folder, `${stem}.sym`),
    constraints: nConstraints,
    // The key adds one constraint per public signal and one for the constant wire.
    ptauPower: Math.ceil(Math.log2(nConstraints + nPubInputs + nOutputs + 1)),
  };
}

/** Runs the ceremony for every declared circuit. */
export async function main(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      ptau: { type: 'string' },
      prepare: { type: 'boolean', default: false },
      phase2: { type: 'string' },
      beacon: { type: 'string' },
      cache: { type: 'string', default: join(readConfig().dataDir, 'ceremony') },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const beacon = options.beacon ?? randomBytes(32).toString('hex');
  if (!/^([0-9a-f]{2}){16,255}$/.test(beacon)) {
    throw new Error('--beacon must be 16 to 255 bytes in lower-case hex');
  }
  await mkdir(options.cache, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(tmpdir(), 'gridworks-ceremony-'));
  const curve = await curves.getCurveFromName('bn128');
  try {
    const circuits = readCircuits();
    if (options.phase2 !== undefined && circuits.length > 1) {
      throw new Error('--phase2 names one zkey, but several circuits are declared');
    }
    const finished: Circuit[] = [];
    for (const circuit of circuits) {
      const compiled = await step(`${circuit.name}: compile`, () => compileCircuit(circuit, folder));
      const ptau =
        options.ptau === undefined
          ? await makePowersOfTau(curve, compiled.ptauPower, options.cache, folder, beacon)
          : await checkPowersOfTau(options.ptau);
      const initial = join(options.cache, initialZkeyName(circuit));
      await step(`${circuit.name}: initial zkey`, async (log) => {
        if ((await zKey.newZKey(compiled.r1cs, ptau.path, initial, log)) === -1) {
          throw new Error('The powers of tau do not fit the circuit');
        }
      });
      if (options.prepare) {
        process.stdout.write(`Contributors start from ${initial}\n`);
        finished.push(circuit);
        continue;
      }
      const contributed = options.phase2 ?? (await contribute(circuit, initial, folder));
      finished.push(await finish(circuit, compiled, ptau, { initial, contributed, beacon }, folder));
    }
    if (!options.prepare) await writeFile(circuitsPath, format(finished));
  } finally {
    await curve.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}

function initialZkeyName(circuit: Circuit): string {
  return `${circuit.file.replace(/\.circom$/, '')}.initial.zkey`;
}

/** Phase 1. Its result depends only on the size, so it is kept for the next run. */
async function makePowersOfTau(
  curve: Curve,
  power: number,
  cache: string,
  folder: string,
  beacon: string,
): Promise<PowersOfTau> {
  const path = join(cache, `powers-of-tau-${power}.ptau`);
  const record = `${path}.json`;
  const kept = await readKept(path, record);
  if (kept) return kept;

  const [fresh, contributed, closed, prepared] = ['new', 'contributed', 'closed', 'prepared'].map((name) =>
    join(folder, `${name}.ptau`),
  ) as [string, string, string, string];
  const name = 'local contributor';
  const contributions: Contribution[] = [];
  await step(`powers of tau 2^${power}: start`, (log) =>
    powersOfTau.newAccumulator(curve, power, fresh, log),
  );
  await step(`powers of tau 2^${power}: contribute`, async (log) => {
    const hash = await powersOfTau.contribute(fresh, contributed, name, entropy(), log);
    contributions.push({ name, hash: hex(hash) });
  });
  await step(`powers of tau 2^${power}: beacon`, async (log) => {
    const hash = await powersOfTau.beacon(
      contributed,
      closed,
      'beacon',
      beacon,
      beaconIterationsExponent,
      log,
    );
    if (hash === false) throw new Error('The beacon was refused');
    contributions.push({ name: 'beacon', hash: hex(hash), beacon });
  });
  await step(`powers of tau 2^${power}: prepare phase 2 (minutes)`, (log) =>
    powersOfTau.preparePhase2(closed, prepared, log),
  );
  const made: PowersOfTau = { path, source: 'local', sha256: await sha256Of(prepared), contributions };
  // The record is written last: a file without one is the remains of an interrupted run.
  await move(prepared, path);
  await writeFile(record, JSON.stringify(made, null, 2));
  return made;
}

async function readKept(path: string, record: string): Promise<PowersOfTau | undefined> {
  const text = await readFile(record, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = { ...(JSON.parse(text) as PowersOfTau), path };
  const sha256 = await sha256Of(path).catch(() => undefined);
  if (sha256 !== kept.sha256) return undefined;
  process.stdout.write(`powers of tau: kept from an earlier run\n`);
  return kept;
}

async function checkPowersOfTau(path: string): Promise<PowersOfTau> {
  await step('powers of tau: verify the given file (minutes)', async (log) => {
    if (!(await powersOfTau.verify(path, log))) throw new Error('The given powers of tau are not valid');
  });
  return { path, source: 'given', sha256: await sha256Of(path), contributions: [] };
}

async function contribute(circuit: Circuit, initial: string, folder: string): Promise<string> {
  const contributed = join(folder, 'contributed.zkey');
  await step(`${circuit.name}: contribute`, (log) =>
    zKey.contribute(initial, contributed, 'local contributor', entropy(), log),
  );
  return contributed;
}

async function finish(
  circuit: Circuit,
  compiled: Compiled,
  ptau: PowersOfTau,
  phase2: { readonly initial: string; readonly contributed: string; readonly beacon: string },
  folder: string,
): Promise<Circuit> {
  const final = join(folder, 'final.zkey');
  await step(`${circuit.name}: beacon`, async (log) => {
    const { contributed, beacon } = phase2;
    const hash = await zKey.beacon(contributed, final, 'beacon', beacon, beaconIterationsExponent, log);
    if (hash === false) throw new Error('The beacon was refused');
  });
  const { circuitHash, contributions } = await step(`${circuit.name}: verify the chain`, async () => {
    const lines: string[] = [];
    const note = (line: string): number => lines.push(line);
    const log = { debug: () => undefined, info: note, warn: note, error: note };
    if (!(await zKey.verifyFromInit(phase2.initial, ptau.path, final, log))) {
      throw new Error(`The zkey is not a continuation of the initial one: ${lines.join('; ')}`);
    }
    return readChain(lines);
  });
  // A key that nobody but the beacon has touched is open to everyone who reads the beacon.
  if (contributions.filter((one) => one.beacon === undefined).length === 0) {
    throw new Error('The zkey carries no contribution');
  }
  const verificationKey = await zKey.exportVerificationKey(final);

  const files = circuit.artefacts;
  await mkdir(keyPath('.'), { recursive: true });
  await copyFile(compiled.wasm, keyPath(files.wasm.file));
  await copyFile(final, keyPath(files.zkey.file));
  await writeFile(keyPath(files.vkey.file), format(verificationKey));
  await writeFile(
    keyPath(`${circuit.file.replace(/\.circom$/, '')}.transcript.json`),
    format({
      circuit: circuit.name,
      r1csSha256: await sha256Of(compiled.r1cs),
      circuitHash,
      powersOfTau: {
        power: compiled.ptauPower,
        source: ptau.source,
        sha256: ptau.sha256,
        contributions: ptau.contributions,
      },
      phase2: { contributions },
      beaconIterationsExponent,
    }),
  );
  const hashed = async (artefact: Artefact): Promise<{ file: string; sha256: string }> => {
    const { file } = files[artefact];
    return { file, sha256: await sha256Of(keyPath(file)) };
  };
  return {
    ...circuit,
    constraints: compiled.constraints,
    ptauPower: compiled.ptauPower,
    artefacts: { wasm: await hashed('wasm'), zkey: await hashed('zkey'), vkey: await hashed('vkey') },
  };
}

/** The verified chain is only told to the log: newest first, each hash in hex over four lines. */
function readChain(lines: readonly string[]): {
  circuitHash: string;
  contributions: readonly Contribution[];
} {
  const contributions: Contribution[] = [];
  let circuitHash = '';
  for (const line of lines) {
    const hash = line.slice(line.indexOf('\n')).replace(/\s/g, '');
    const contribution = /^contribution #\d+ (.*):\n/.exec(line);
    const beacon = /^Beacon generator: ([0-9a-f]+)$/.exec(line);
    const last = contributions[0];
    if (line.startsWith('Circuit Hash: ')) circuitHash = hash;
    else if (contribution) contributions.unshift({ name: contribution[1] ?? '', hash });
    else if (beacon?.[1] !== undefined && last) contributions[0] = { ...last, beacon: beacon[1] };
  }
  return { circuitHash, contributions };
}

/** Says what runs, then every few seconds how far it is: some steps take minutes. */
async function step<Result>(title: string, run: (log: Logger) => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  let latest = '';
  const hear = (message: string): void => {
    latest = message.split('\n')[0] ?? '';
  };
  const complain = (message: string): void => void process.stderr.write(`${message}\n`);
  process.stdout.write(`${title}\n`);
  const timer = setInterval(() => process.stdout.write(`  ${seconds()} ${latest}\n`), 5_000);
  try {
    const result = await run({ debug: hear, info: hear, warn: complain, error: complain });
    process.stdout.write(`  done in ${seconds()}\n`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** snarkjs stirs this into randomness of its own; 64 bytes alone would be enough. */
function entropy(): string {
  return randomBytes(64).toString('hex');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** A rename when both are on one file system; the temporary folder often is not. */
async function move(from: string, to: string): Promise<void> {
  const beside = `${to}.part`;
  await copyFile(from, beside);
  await rename(beside, to);
  await rm(from);
}

/** As the formatter would write it: a list of plain strings takes one line. */
function format(value: unknown): string {
  const lists = /\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g;
  const text = JSON.stringify(value, null, 2).replace(
    lists,
    (_, items: string) => `[${items.replace(/\s+/g, ' ')}]`,
  );
  return `${text}\n`;
}
