import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Disposable } from '../../core/disposable.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

/** A commit is several events. */
const SETTLE_MS = 100;

/**
 * Tells when a DuckDB file or its write-ahead log changed. The folder is watched, not the file: a long-lived writer changes
 * the log alone, and a server may replace the file (engine facts, "sharing a file"). Opening it read only fires nothing.
 * A folder that can't be watched costs one warning.
 */
export function watchDatabaseFile(file: string, clock: Clock, log: Log, onChange: () => void): Disposable {
  const name = path.basename(file);
  let cancelTimer: CancelTimer | undefined;
  const settle = (): void => {
    // Not begun anew with each event: a writer that never rests would never be told of.
    cancelTimer ??= clock.after(SETTLE_MS, () => {
      cancelTimer = undefined;
      onChange();
    });
  };
  let watcher: FSWatcher | undefined;
  const giveUp = (error: unknown): void => {
    watcher?.close();
    log.warn(`changes by others show at the next reading only: ${String(error)}`);
  };
  try {
    watcher = watch(path.dirname(file), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === name || changed === `${name}.wal`) settle();
    });
    watcher.on('error', giveUp);
  } catch (error) {
    giveUp(error);
  }
  return {
    dispose: () => {
      cancelTimer?.();
      watcher?.close();
    },
  };
}
