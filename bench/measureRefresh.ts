import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeManyTables } from './manyTables.ts';
import { MemoryWatch, residentMb, untilGone } from './processMemory.ts';
import type { FromWindow } from './windowProgram.ts';

/** How long the child stays with nothing to do, here: a minute in the product. */
const CHILD_IDLE_MS = 2_000;

export interface RefreshMeasurement {
  readonly succeeded: number;
  /** Of the run alone. */
  readonly runMs: number;
  /** Window and child together, in megabytes: with everything read and nothing under way. */
  readonly idleMb: number;
  /** The most of it during the run and the reading after it. */
  readonly peakMb: number;
  /** When the child has ended for having nothing to do: of the window alone. */
  readonly afterMb: number;
}

/**
 * Refreshes so many tables with 200 columns each, in a window of its own process with a DuckDB child, against a BigQuery
 * stand-in in another one. Memory is that of /proc, so on Linux alone.
 */
export async function measureRefresh(tables: number, requestsPerSecond: number): Promise<RefreshMeasurement> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-bench-')));
  const database = path.join(folder, 'system.duckdb');
  await writeManyTables(database, tables);
  const standIn = start('standInProgram.ts');
  const endpoint = await told<string>(standIn);
  const window = start(
    'windowProgram.ts',
    database,
    path.join(folder, 'state'),
    endpoint,
    String(requestsPerSecond),
    String(CHILD_IDLE_MS),
  );
  try {
    const idle = await told<FromWindow>(window);
    if (idle.kind !== 'idle') throw new Error('the window did not become idle');
    const processes = [window.pid ?? 0, idle.childPid];
    const idleMb = residentMb(processes);
    const watch = new MemoryWatch(processes);
    window.send('refresh');
    const refreshed = await told<FromWindow>(window);
    if (refreshed.kind !== 'refreshed') throw new Error('the window did not refresh');
    const peakMb = watch.end();
    await untilGone(idle.childPid);
    const { succeeded, runMs } = refreshed;
    return { succeeded, runMs, idleMb, peakMb, afterMb: residentMb(processes) };
  } finally {
    await Promise.all([stop(window), stop(standIn)]);
    await rm(folder, { recursive: true });
  }
}

function start(program: string, ...args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(program, import.meta.url)), args, { execArgv: [] });
}

/** The next message; rejects when the process ends first. */
async function told<T>(program: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const onExit = (): void => ended.abort(new Error('the program ended'));
  program.once('exit', onExit);
  try {
    // Our own programs send nothing else.
    const [message] = (await once(program, 'message', { signal: ended.signal })) as [T];
    return message;
  } finally {
    program.off('exit', onExit);
  }
}

async function stop(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = once(program, 'exit');
  if (program.connected) program.disconnect();
  await ended;
}
