import { setTimeout as delay } from 'node:timers/promises';
import type { DuckDbWorker } from '../adapters/duckdb/duckDbWorker.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { WindowLog } from './windowLog.ts';

/** VS Code gives an extension a few seconds at most. */
const STORE_GRACE_MS = 2_000;

/**
 * Ends a window's work in the order in which its parts need each other: the run is cancelled and stores the answers that
 * it has, and the last snapshot is kept, then the child process leaves, then the log closes.
 */
export async function endInOrder(model: TableModel, worker: DuckDbWorker, log: WindowLog): Promise<void> {
  const { source } = model;
  model.dispose();
  const grace = new AbortController();
  await Promise.race([
    source?.settled(),
    delay(STORE_GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined),
  ]);
  grace.abort();
  await worker.dispose();
  log.dispose();
}
