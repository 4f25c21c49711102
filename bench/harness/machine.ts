/** What the figures were taken on, and how processes are kept apart on it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { say } from './say.ts';

/** The gateway has a core to itself; the subgraphs, the load and this process share the other. */
export const CORE = { gateway: 0, others: 1 } as const;
export type Core = (typeof CORE)[keyof typeof CORE];

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
  /** Whether processes are bound to their cores. */
  readonly pinned: boolean;
}

const isPinning = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0;

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    // Not `availableParallelism`, which counts what this process was bound to.
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    pinned: isPinning,
  };
}

/** The command, bound to a core where that can be done; to none when null. */
export function pinned(core: Core | null, command: readonly string[]): readonly string[] {
  return isPinning && core !== null ? ['taskset', '-c', String(core), ...command] : command;
}

/** Takes this very process off the gateway's core, or says that nothing is bound to any. */
export function beginRun(): void {
  if (isPinning) spawnSync('taskset', ['-a', '-c', '-p', String(CORE.others), String(process.pid)]);
  else say('  taskset is missing, or there is one core only: nothing is pinned, and the figures are noisier');
}

/** How many files, and so connections, one process may have open; undefined when it cannot be told. */
export function openFilesMax(): number | undefined {
  const limits = readProc('self', 'limits');
  const soft = limits && /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Processor time of a process over all its threads, user and system, in milliseconds; undefined off Linux. */
export function cpuMsOf(pid: number): number | undefined {
  const stat = readProc(String(pid), 'stat');
  // The second field is the command in brackets, which may itself contain spaces.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The processes that a process has started, they theirs, and so on, itself first; only itself off Linux. */
export function familyOf(pid: number): number[] {
  const children = readProc(String(pid), `task/${pid}/children`)?.trim().split(' ').filter(Boolean) ?? [];
  return [pid, ...children.flatMap((each) => familyOf(Number(each)))];
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

function readProc(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
