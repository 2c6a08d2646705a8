import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDbRunLock } from '../src/adapters/duckdb/duckDbRunLock.ts';
import { prepareStateFolder } from '../src/adapters/files/stateFolder.ts';
import { BigQueryStandIn } from '../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, writeAgnesFile } from '../test/fixtures/agnesFile.ts';
import { LocalWindow } from '../test/integration/engine/localWindow.ts';

const HOLDER = fileURLToPath(new URL('../test/integration/engine/runningWindow.ts', import.meta.url));
const TABLES = 20;
/** As many as `LocalWindow` has under way at once. */
const AT_ONCE = 16;

/** A shared file, a BigQuery that answers nothing until it is told, and a window with its child started. */
interface Place {
  readonly database: string;
  readonly stateFolder: string;
  readonly standIn: BigQueryStandIn;
  readonly window: LocalWindow;
}

/** Takes and frees the lock so many times, with a child that is there already. @returns milliseconds of each */
export async function timeLock(rounds: number): Promise<readonly number[]> {
  return withPlace(async ({ stateFolder, window }) => {
    const lock = new DuckDbRunLock({
      folder: stateFolder,
      prepareFolder: () => prepareStateFolder(stateFolder),
      worker: window.worker,
    });
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startedMs = performance.now();
      const answer = await lock.tryTake();
      if (answer.kind !== 'taken') throw new Error(`the lock is ${answer.kind}`);
      await answer.lease.release();
      times.push(performance.now() - startedMs);
    }
    return times;
  });
}

/** Kills the window that runs, its extension host that is. @returns milliseconds until another window's run begins */
export async function timeTakeover(): Promise<number> {
  return withPlace(async ({ database, stateFolder, standIn, window }) => {
    const holder = spawn(process.execPath, [HOLDER, database, stateFolder, standIn.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await standIn.until(({ received }) => received === AT_ONCE);
    let started = await window.source.startRun({ trigger: 'command' });
    if (!started.joined) throw new Error('the holder does not run');
    const startedMs = performance.now();
    holder.kill('SIGKILL');
    while (started.joined) {
      await started.run.result;
      started = await window.source.startRun({ trigger: 'command' });
    }
    const takeoverMs = performance.now() - startedMs;
    standIn.release();
    await started.run.result;
    return takeoverMs;
  });
}

/** Kills the child of the window that runs. @returns milliseconds until it has the lock again and asks BigQuery again */
export async function timeRetake(): Promise<number> {
  return withPlace(async ({ standIn, window }) => {
    const { run } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === AT_ONCE);
    const startedMs = performance.now();
    process.kill(window.worker.pid ?? 0, 'SIGKILL');
    await standIn.until(({ received }) => received > AT_ONCE);
    const retakeMs = performance.now() - startedMs;
    standIn.release();
    await run.result;
    return retakeMs;
  });
}

async function withPlace<T>(work: (place: Place) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-bench-')));
  const database = path.join(folder, 'system.duckdb');
  const stateFolder = path.join(folder, 'state');
  await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
  const standIn = await BigQueryStandIn.start({ tables: () => ({ resource: { type: 'TABLE' } }) });
  standIn.hold();
  const window = new LocalWindow({ database, stateFolder, endpoint: standIn.url });
  try {
    await window.source.load();
    return await work({ database, stateFolder, standIn, window });
  } finally {
    await window.dispose();
    await standIn.dispose();
    await rm(folder, { recursive: true });
  }
}
