/**
 * The door of every npm command, written with nothing but Node: installs what is missing, generates the database
 * client, bundles the sources, then runs `scripts/<command>.ts` in this same process.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
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
// Prisma's command line would download an engine that only other commands than `generate` need.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= '/bin/true';

try {
  await install();
  await generate();
  await build();
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

/** Installs exactly what the lock file names, unless that has been done. */
async function install() {
  const wanted = hashOf(['package-lock.json']);
  if (stampOf('install') === wanted) return;
  const npm = process.env.npm_execpath;
  const began = Date.now();
  const isCurrent = existsSync(join(root, 'node_modules', '.package-lock.json'));
  say(
    isCurrent
      ? 'Dependencies changed; installing them'
      : 'First start: installing dependencies (about a minute)',
  );
  const npmArgs = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
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
  stamp('install', wanted);
}

/** Generates the Prisma client when the models changed. */
async function generate() {
  const models = readdirSync(join(root, 'prisma', 'models')).map((file) => join('prisma', 'models', file));
  const wanted = hashOf([...models.sort(), join('node_modules', 'prisma', 'package.json')]);
  if (stampOf('generate') === wanted && existsSync(join(root, 'prisma', 'generated', 'client.ts'))) return;
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join('node_modules', 'prisma', 'build', 'index.js'), 'generate', '--no-hints'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the database client could not be generated:\n${stdout}${stderr}`);
  stamp('generate', wanted);
}

/** Bundles our sources (npm packages stay outside) into `dist/`: under a second, so it is simply always done. */
async function build() {
  const esbuild = await import('esbuild');
  const entries = [
    ...readdirSync(join(root, 'scripts'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `scripts/${file}`),
    'gateway/src/main.ts',
    ...readdirSync(join(root, 'subgraphs')).map((name) => `subgraphs/${name}/src/main.ts`),
  ];
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
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function stampOf(name) {
  const file = join(root, 'node_modules', '.gridworks', name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function stamp(name, value) {
  mkdirSync(join(root, 'node_modules', '.gridworks'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.gridworks', name), value);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function progress(line) {
  process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
}
