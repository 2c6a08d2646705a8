/**
 * Program: one editor window in a process of its own, as far as it is not VS Code. Tells when it has read everything, is
 * told to refresh, tells what came of it, and ends with whoever started it.
 *
 *   windowProgram.ts DATABASE STATE_FOLDER ENDPOINT REQUESTS_PER_SECOND CHILD_IDLE_MS
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DuckDbWorker } from '../src/adapters/duckdb/duckDbWorker.ts';
import { createSystemClock } from '../src/adapters/system/systemClock.ts';
import type { EpochMicros } from '../src/core/time.ts';
import type { Log } from '../src/ports/log.ts';
import { TableModel } from '../src/sources/tableModel.ts';
import { LocalWindow } from '../test/integration/engine/localWindow.ts';

/** What it tells. */
export type FromWindow =
  | { readonly kind: 'idle'; readonly childPid: number }
  | { readonly kind: 'refreshed'; readonly succeeded: number; readonly runMs: number };

const [database = '', stateFolder = '', endpoint = '', requestsPerSecond = '', idleMs = ''] =
  process.argv.slice(2);
const tell = (told: FromWindow): void => void process.send?.(told);

// An editor writes its log to a file: what a test keeps of it is not the window's.
const nothing = (): void => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const clock = createSystemClock();
const worker = new DuckDbWorker({
  entryPath: fileURLToPath(new URL('../src/adapters/duckdb/workerEntry.ts', import.meta.url)),
  clock,
  env: process.env,
  idleMs: Number(idleMs),
});
const window = new LocalWindow({
  database,
  stateFolder,
  endpoint,
  requestsPerSecond: Number(requestsPerSecond),
  worker,
  alter: (parts) => ({ ...parts, log }),
});
const model = new TableModel(clock);
model.setSource(window.source);
await model.load();
await window.source.settled(); // the snapshot that is kept is written
tell({ kind: 'idle', childPid: worker.pid ?? 0 });

await once(process, 'message');
const startedMs = clock.monotonicMs();
const { run } = await window.source.startRun({ trigger: 'command' });
const { summary } = await run.result;
const runMs = clock.monotonicMs() - startedMs;
await untilShown(clock.now());
tell({ kind: 'refreshed', succeeded: summary.succeeded, runMs });

/** Resolves when the model shows what it has read since then: it reads by itself when a run ends. */
function untilShown(since: EpochMicros): Promise<void> {
  return new Promise((resolve) => {
    const shown = model.onDidChange(() => {
      if (model.snapshot === undefined || model.snapshot.readAt < since) return;
      shown.dispose();
      resolve();
    });
  });
}

await once(process, 'disconnect');
model.dispose();
await window.dispose();
await worker.dispose();
