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

const RUNNING_WINDOW = fileURLToPath(new URL('../test/integration/engine/runningWindow.ts', import.meta.url));
const TABLES = 12;

/** Times of the lock and of a takeover, in milliseconds. */
export interface FlightMeasurement {
  /** Taking and freeing the lock with a child that is there, once. */
  readonly lockMs: number;
  /** From the kill of the process to another window's run that has begun. */
  readonly afterWindowMs: number;
  /** From the kill of the child to the first request that is asked again, under the lock. */
  readonly afterChildMs: number;
}

/** Measures once, with real processes and files. */
export async function measureFlight(): Promise<FlightMeasurement> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-bench-')));
  try {
    return {
      lockMs: await measureLock(path.join(folder, 'lock')),
      afterWindowMs: await measureTakeover(path.join(folder, 'window'), 'window'),
      afterChildMs: await measureTakeover(path.join(folder, 'child'), 'child'),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureLock(folder: string): Promise<number> {
  await prepareStateFolder(folder);
  const window = new LocalWindow({ database: '', endpoint: 'http://127.0.0.1:1', stateFolder: folder });
  const { worker } = window;
  const lock = new DuckDbRunLock({ folder, prepareFolder: () => prepareStateFolder(folder), worker });
  const take = async (): Promise<void> => {
    const answer = await lock.tryTake();
    if (answer.kind !== 'taken') throw new Error('the lock was not free');
    await answer.lease.release();
  };
  await take(); // starts the child
  const startedMs = performance.now();
  await take();
  const lockMs = performance.now() - startedMs;
  await window.dispose();
  return lockMs;
}

async function measureTakeover(folder: string, victim: 'window' | 'child'): Promise<number> {
  await prepareStateFolder(folder);
  const database = path.join(folder, 'system.duckdb');
  const stateFolder = path.join(folder, 'state');
  const standIn = await BigQueryStandIn.start({
    tables: () => ({ resource: { type: 'TABLE', numRows: '1' } }),
  });
  await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
  standIn.hold();
  const holder = spawn(process.execPath, [RUNNING_WINDOW, database, stateFolder, standIn.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(holder, 'exit');
  const [childPid] = (await once(holder.stdout, 'data')) as [Buffer];
  await standIn.until(({ received }) => received === TABLES);
  const window = new LocalWindow({ database, stateFolder, endpoint: standIn.url });
  await window.source.load(); // its child is there, as in a window that shows tables
  const { run } = await window.source.startRun({ trigger: 'command' });

  const startedMs = performance.now();
  process.kill(victim === 'window' ? (holder.pid ?? 0) : Number(String(childPid)), 'SIGKILL');
  // Told that it is gone, the other window begins; or the window whose child it was has the lock again, and asks again.
  const next =
    victim === 'window' ? run.result.then(() => window.source.startRun({ trigger: 'command' })) : undefined;
  await (next ?? standIn.until(({ received }) => received > TABLES));
  const takeoverMs = performance.now() - startedMs;

  standIn.release();
  await (
    await next
  )?.run.result;
  await window.dispose();
  await exited;
  await standIn.dispose();
  return takeoverMs;
}
