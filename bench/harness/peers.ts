/** Other people's gateways, installed when a benchmark first needs them, outside the product's own dependencies. */
import { repoRoot } from '@gridworks/kit/config';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './say.ts';

export interface Peer {
  /** Names its folder. */
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
  /** A module of the folder, so that what it imports is what is installed there. */
  readonly entry: { readonly file: string; readonly source: string };
}

/** Beside the sources and known to git as nothing of ours; delete it at will. */
const PEERS = join(repoRoot, '.bench', 'peers');
const INSTALL_MS_MAX = 300_000;
const TOLD_CHARS_MAX = 400;

/** The path of the peer's entry, installed. Rejects when it cannot be had; the reason is what npm said first. */
export async function installPeer(peer: Peer): Promise<string> {
  const folder = join(PEERS, peer.name);
  const manifest = JSON.stringify({
    private: true,
    type: 'module',
    dependencies: peer.dependencies,
    overrides: peer.overrides ?? {},
  });
  const stamp = join(folder, 'node_modules', '.installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== manifest) {
    say(
      `  installing ${Object.entries(peer.dependencies)
        .map((each) => each.join(' '))
        .join(', ')} (once)`,
    );
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), manifest);
    await npmInstall(folder);
    writeFileSync(stamp, manifest);
  }
  const entry = join(folder, peer.entry.file);
  writeFileSync(entry, peer.entry.source);
  return entry;
}

function npmInstall(folder: string): Promise<void> {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn('npm', args, {
    cwd: folder,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_MS_MAX,
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(told.trim().slice(0, TOLD_CHARS_MAX))),
    );
  });
}
