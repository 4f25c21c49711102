/** Follows the text of a file on disk. */
import type { Log } from '@gridworks/kit/telemetry';
import { watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** A file is written in several steps; it is read when they have ended. */
const SETTLED_MS = 50;
/** Some disks (of networks, of containers) tell nobody of changes: the file is looked at now and then anyway. */
const LOOK_MS = 1_000;

/** Calls `onText` with each text that differs from the one before, first from `known`. The result ends it. */
export function watchText(file: string, known: string, onText: (text: string) => void, log: Log): () => void {
  let stamp = '';
  let settling: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  let isOver = false;

  async function look(): Promise<void> {
    const { mtimeMs, size, ino } = await stat(file);
    const found = `${mtimeMs} ${size} ${ino}`;
    if (found === stamp) return;
    const text = await readFile(file, 'utf8');
    stamp = found;
    if (text === known || isOver) return;
    known = text;
    onText(text);
  }

  /** One look after the other. A file that is away for a moment is being replaced. */
  function lookNext(): void {
    looking = looking.then(look).catch((error: unknown) => log.debug({ err: error, file }, 'a watched file'));
  }

  // Its folder, because an editor may put another file in its place, and a file watched by itself is then gone.
  const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
    if (name !== null && name !== basename(file)) return;
    clearTimeout(settling);
    settling = setTimeout(lookNext, SETTLED_MS);
  });
  watcher.on('error', (error) => log.warn({ err: error, file }, 'changes of a file are found more slowly'));
  const timer = setInterval(lookNext, LOOK_MS).unref();
  return () => {
    isOver = true;
    watcher.close();
    clearTimeout(settling);
    clearInterval(timer);
  };
}
