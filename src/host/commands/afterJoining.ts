import { lastLookAt } from '../../core/freshness.ts';
import type { RunSummary } from '../../core/runSummary.ts';
import type { RunOptions } from '../../engine/refreshRun.ts';
import type { WatchedRun } from '../../engine/watchedRun.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';

/**
 * What is left to refresh for somebody who joined a run that was on: of what was asked for, the tables that were not looked
 * at since it began. A run of every table leaves none, and one that was cancelled or failed is answer enough. When the
 * window that was at it is gone, everything is left.
 *
 * @param options what was asked for
 * @param tables as they are after the run
 * @returns `undefined` where nothing is left; who wanted every table gets a run of every table
 */
export function leftAfterJoining(
  { endedBy }: Pick<RunSummary, 'endedBy'>,
  { coversAll, startedAt }: Pick<WatchedRun, 'coversAll' | 'startedAt'>,
  options: RunOptions,
  tables: Iterable<CatalogRow>,
): RunOptions | undefined {
  if (endedBy === 'flightVanished') return options;
  if (endedBy !== null || coversAll) return undefined;
  const { selection } = options;
  const left = new Set<string>();
  for (const row of tables) {
    const isWanted = selection === undefined || selection(row);
    if (isWanted && lastLookAt(row.cached) < startedAt) left.add(row.registration.id);
  }
  if (left.size === 0) return undefined;
  if (selection === undefined) return options;
  return { ...options, selection: ({ registration }) => left.has(registration.id) };
}
