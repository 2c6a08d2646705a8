import type { DataPolicy } from '../core/dataFreshness.ts';
import { countFreshness, turnsStaleAt, type FreshnessCounts } from '../core/freshness.ts';
import type { TableFacts } from '../core/tableFacts.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { EpochMicros } from '../core/time.ts';
import type { CatalogRow } from '../ports/tableStore.ts';
import { viewTable, type TableView, type UnstoredAttempt } from './tableView.ts';

/** What rows are judged by, at one moment. */
export interface JudgedBy {
  /** By the clock that decides. */
  readonly now: EpochMicros;
  readonly thresholdSeconds: bigint;
  readonly refreshing: ReadonlySet<string>;
  readonly unstored: ReadonlyMap<string, UnstoredAttempt>;
  readonly facts: (tableId: string) => TableFacts | undefined;
  readonly dataPolicy: (registration: TableRegistration) => DataPolicy | undefined;
}

/** What judging all rows came to. */
export interface Judgement {
  /** In the order of the rows; a view that is as it was is the same object. */
  readonly views: Map<string, TableView>;
  readonly counts: FreshnessCounts;
  /** Ids of the rows that look different now. */
  readonly changed: readonly string[];
  /** When the next row turns stale by itself. */
  readonly nextStale: EpochMicros | undefined;
}

/** One row as the UI reads it at this moment. */
export function judgeRow(row: CatalogRow, by: JudgedBy): TableView {
  const { registration } = row;
  const { id } = registration;
  return viewTable(row, by.now, by.thresholdSeconds, {
    refreshing: by.refreshing.has(id),
    unstoredAttempt: by.unstored.get(id),
    facts: by.facts(id),
    dataPolicy: by.dataPolicy(registration),
  });
}

/**
 * All rows as the UI reads them at this moment.
 *
 * @param before the views of the judgement before, by id; those that would be the same are taken over
 */
export function judgeRows(
  rows: ReadonlyMap<string, CatalogRow>,
  before: ReadonlyMap<string, TableView>,
  by: JudgedBy,
): Judgement {
  const { now, thresholdSeconds } = by;
  const changed: string[] = [];
  const views = new Map<string, TableView>();
  let nextStale: EpochMicros | undefined;
  for (const [id, row] of rows) {
    const view = judgeRow(row, by);
    const old = before.get(id);
    const same = old !== undefined && sameView(old, view);
    views.set(id, same ? old : view);
    if (!same) changed.push(id);
    const staleAt = turnsStaleAt(row.cached, thresholdSeconds);
    if (staleAt !== undefined && staleAt > now && (nextStale === undefined || staleAt < nextStale)) {
      nextStale = staleAt;
    }
  }
  return { views, counts: countFreshness(views.values()), changed, nextStale };
}

/**
 * The counts with one row's view in place of the one before.
 *
 * @param old the view that was counted; `undefined` for a row that was not there
 */
export function recount(
  before: FreshnessCounts,
  old: TableView | undefined,
  view: TableView,
): FreshnessCounts {
  const counts = { ...before };
  for (const [one, sign] of [
    [old, -1],
    [view, 1],
  ] as const) {
    if (one === undefined) continue;
    counts[one.freshness] += sign;
    counts.total += sign;
    if (one.lastAttemptFailed) counts.lastAttemptFailed += sign;
  }
  return counts;
}

/** Same tables, each in the same place of the tree. */
export function sameTables(
  before: ReadonlyMap<string, CatalogRow>,
  after: ReadonlyMap<string, CatalogRow>,
): boolean {
  if (before.size !== after.size) return false;
  for (const [id, { registration }] of after) {
    const old = before.get(id)?.registration;
    if (old === undefined || !sameFields(old, registration)) return false;
  }
  return true;
}

/** Whether two views of one table look the same wherever they are shown. */
export function sameView(a: TableView, b: TableView): boolean {
  return (
    a.freshness === b.freshness &&
    a.lastAttemptFailed === b.lastAttemptFailed &&
    a.refreshing === b.refreshing &&
    a.unstoredAttempt === b.unstoredAttempt &&
    a.repointed === b.repointed &&
    a.lastErrorReason === b.lastErrorReason &&
    a.lastModified?.at === b.lastModified?.at &&
    a.lastModified?.observedAt === b.lastModified?.observedAt &&
    a.dataAge?.verdict === b.dataAge?.verdict &&
    a.dataAge?.limitSeconds === b.dataAge?.limitSeconds &&
    a.change === b.change &&
    sameFields(a.registration, b.registration) &&
    (a.cached === b.cached || (a.cached !== null && b.cached !== null && sameFields(a.cached, b.cached)))
  );
}

function sameFields<T extends object>(a: T, b: T): boolean {
  if (a === b) return true; // nothing was read since: most rows, most of the time
  for (const key in a) if (!sameValue(a[key], b[key])) return false;
  return true;
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && a.join('\n') === b.join('\n'));
}
