/** A data folder belongs to one process at a time. The claim names it, so that a dead owner's claim can be told. */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processStart } from './process.ts';

export interface Claim {
  /** True when a process that no longer runs held the folder and did not let go of it. */
  readonly inherited: boolean;
  readonly release: () => Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly started: string;
}

/** Throws when the folder is in use by a process that runs. */
export async function claimFolder(dataDir: string): Promise<Claim> {
  const path = join(dataDir, 'owner.json');
  const owner: Owner = { pid: process.pid, started: processStart(process.pid) ?? '' };
  const mine = JSON.stringify(owner);
  let inherited = false;
  for (;;) {
    // Written aside and linked into place: nobody ever reads half a claim, and only one of several can succeed.
    const draft = aside(path);
    await writeFile(draft, mine, { mode: 0o644 });
    try {
      await link(draft, path);
      return {
        inherited,
        release: async () => {
          if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      await rm(draft, { force: true });
    }

    const found = await readFile(path, 'utf8').catch(() => undefined);
    if (found === undefined) continue;
    const holder = parse(found);
    if (holder && processStart(holder.pid) === holder.started) {
      throw new Error(
        `${dataDir} is in use by process ${holder.pid}: stop that one, or choose another folder with GRIDWORKS_DATA`,
      );
    }
    const stale = aside(path);
    try {
      await rename(path, stale);
    } catch {
      continue;
    }
    // Between reading and moving, another process may have replaced the stale claim by its own: give it back.
    if ((await readFile(stale, 'utf8')) === found) inherited = true;
    else await link(stale, path).catch(() => undefined);
    await rm(stale, { force: true });
  }
}

function aside(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}`;
}

function parse(text: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}
