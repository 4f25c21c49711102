/**
 * The door of every npm command, written with nothing but Node: installs what is missing, bundles the sources, then
 * runs `scripts/<command>.ts` in this same process.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** What has been done, and for which input; beside what it describes, so that they go together. */
const stamps = join(root, 'node_modules', '.gridworks');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`GridWorks needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}
const [command = '', ...args] = process.argv.slice(2);
if (!existsSync(join(root, 'scripts', `${command}.ts`))) {
  console.error(`There is no command "${command}". The commands are the scripts of package.json.`);
  process.exit(1);
}

process.chdir(root);
// Apollo's gateway would look for cloud metadata and push metrics to its vendor; turbo would phone home.
process.env.APOLLO_TELEMETRY_DISABLED = '1';
process.env.TURBO_TELEMETRY_DISABLED = '1';
// Prisma's command line would download an engine that we need for none of its commands.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= '/bin/true';
process.env.CHECKPOINT_DISABLE = '1';

const steps = [
  { name: 'install', makes: 'node_modules', wanted: () => hashOf(['package-lock.json']), run: install },
  { name: 'build', makes: `dist/scripts/${command}.js`, wanted: fingerprint, run: build },
];
try {
  if (!steps.every(isDone)) await inTurn(join(root, '.building'), prepare);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
process.setSourceMapsEnabled(true);
const { main } = await import(pathToFileURL(join(root, 'dist', 'scripts', `${command}.js`)).href);
try {
  await main(args);
} catch (error) {
  console.error(
    `\n${error instanceof Error ? (process.env.LOG_LEVEL === 'debug' ? error.stack : error.message) : error}`,
  );
  process.exit(1);
}

/** What this command stands on, from the first step that is not done: each builds on the one before. */
async function prepare() {
  for (const [index, step] of steps.entries()) {
    if (steps.slice(0, index + 1).every(isDone)) continue;
    const wanted = step.wanted();
    await step.run();
    mkdirSync(stamps, { recursive: true });
    writeFileSync(join(stamps, step.name), wanted);
  }
}

function isDone({ name, makes, wanted }) {
  const file = join(stamps, name);
  return existsSync(join(root, makes)) && existsSync(file) && readFileSync(file, 'utf8') === wanted();
}

/** One command at a time: two that install or build at once would destroy each other's work. */
async function inTurn(lock, work) {
  while (!claim(lock)) {
    progress('  another command is installing or building; waiting for it');
    await new Promise((done) => setTimeout(done, 500));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes a lock file, also from a process that no longer runs. */
function claim(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
  } catch {
    rmSync(lock, { force: true });
  }
  return false;
}

/** Installs exactly what the lock file names. */
async function install() {
  const npm = process.env.npm_execpath;
  const began = Date.now();
  const isCurrent = existsSync(join(root, 'node_modules', '.package-lock.json'));
  say(
    isCurrent
      ? 'Dependencies changed; installing them'
      : 'First start: installing dependencies (about a minute)',
  );
  // No install script is needed: the database links its libraries at its start, and the others' only check or speed up.
  const npmArgs = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = npm
    ? spawn(process.execPath, [npm, ...npmArgs], { stdio: ['ignore', 'inherit', 'inherit'] })
    : spawn(process.platform === 'win32' ? 'npm.cmd' : 'npm', npmArgs, {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
  const ticker = setInterval(
    () => {
      const there = existsSync('node_modules') ? readdirSync('node_modules').length : 0;
      progress(`  ${Math.round((Date.now() - began) / 1000)} s, ${there} folders in node_modules`);
    },
    process.stdout.isTTY ? 500 : 5_000,
  );
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(ticker);
  if (process.stdout.isTTY) process.stdout.write('\n');
  if (code !== 0) throw new Error('npm could not install the dependencies; its own message is above.');
  say(`Installed in ${Math.round((Date.now() - began) / 1000)} s`);
}

/** Bundles our sources (npm packages stay outside) into `dist/`. */
async function build() {
  const entries = [
    ...readdirSync(join(root, 'scripts'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `scripts/${file}`),
    ...filesOf('bench/processes'),
    'gateway/src/main.ts',
    ...readdirSync(join(root, 'subgraphs')).map((name) => `subgraphs/${name}/src/main.ts`),
    'subgraphs/trading/src/projection-thread.ts',
  ];
  const esbuild = await import('esbuild');
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: entries.filter((entry) => existsSync(join(root, entry))),
    outdir: 'dist',
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    tsconfig: 'tsconfig.json',
    // TypeGraphQL names types after their classes, and six subgraphs have classes of one name.
    keepNames: true,
    metafile: true,
    logLevel: 'error',
    plugins: [
      {
        name: 'workspaces',
        setup({ onResolve, resolve: find }) {
          onResolve({ filter: /^[^./]/ }, ({ path, pluginData, kind, resolveDir }) => {
            if (kind === 'entry-point' || pluginData === 'found') return undefined;
            if (!path.startsWith('@gridworks/')) return { path, external: true };
            return find(path, { kind, resolveDir, pluginData: 'found' });
          });
        },
      },
    ],
  });
  if (result.errors.length > 0) throw new Error('the sources could not be bundled.');
  for (const file of Object.keys(result.metafile.outputs).filter((each) => each.endsWith('.js')))
    spareNames(join(root, file));
}

/**
 * Names are kept for classes and functions. An arrow has no prototype, nobody asks for its name, and to name it each time
 * that it is made costs more than most of them do.
 */
function spareNames(file) {
  const helper = 'var __name = (target, value) =>';
  const text = readFileSync(file, 'utf8');
  if (text.includes(helper))
    writeFileSync(file, text.replace(helper, `${helper} target.prototype === void 0 ? target :`));
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function filesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Changes whenever a source does; none is read for it. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const folder of [
    'bench',
    'circuits',
    'e2e',
    'gateway',
    'kit',
    'prisma',
    'schema',
    'scripts',
    'subgraphs',
  ]) {
    for (const file of filesOf(folder)) {
      if (!file.endsWith('.ts') || file.includes('node_modules')) continue;
      const { mtimeMs, size } = statSync(join(root, file));
      hash.update(`${file} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex');
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function progress(line) {
  process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
}
