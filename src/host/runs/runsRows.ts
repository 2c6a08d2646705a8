import type { FailureReason } from '../../core/failure.ts';
import {
  countChanged,
  MAX_RECORDED_FAILURES,
  unrecordedFailures,
  type RunRecord,
} from '../../core/runSummary.ts';
import type { TableChange } from '../../core/tableChange.ts';

/** A row of the view "Runs". Its id stays the same for as long as what it stands for. */
export type RunsRow =
  CurrentRunRow | EndedRunRow | EndReasonRow | CauseRow | FailedTableRow | UnrecordedRow | ChangedTableRow;

/** The run that is on. */
export interface CurrentRunRow {
  readonly kind: 'current';
  readonly id: string;
}

export interface EndedRunRow {
  readonly kind: 'run';
  readonly id: string;
  readonly record: RunRecord;
}

/** Why a run ended before it was done. */
export interface EndReasonRow {
  readonly kind: 'endReason';
  readonly id: string;
  readonly reason: FailureReason;
}

/** Tables that failed for one reason, where there are many. */
export interface CauseRow {
  readonly kind: 'cause';
  readonly id: string;
  readonly reason: FailureReason;
  readonly tables: readonly FailedTableRow[];
}

export interface FailedTableRow {
  readonly kind: 'failed';
  readonly id: string;
  /** Commands for tables find it by this (commandTargets.ts). */
  readonly tableId: string;
  readonly reason: FailureReason;
  /** It stands below its reason, which so need not be said again. */
  readonly isGrouped: boolean;
}

/** Failed or changed tables that the record does not name. */
export interface UnrecordedRow {
  readonly kind: 'unrecorded';
  readonly id: string;
  readonly what: 'failed' | 'changed';
  readonly count: number;
}

export interface ChangedTableRow {
  readonly kind: 'changed';
  readonly id: string;
  readonly tableId: string;
  readonly change: TableChange;
}

/** Runs that the view lists. */
const MAX_RUNS = 100;
/** Above this many failed tables they stand below their reasons. */
const GROUPED_ABOVE = 20;

export const CURRENT_RUN: CurrentRunRow = { kind: 'current', id: 'current' };

/**
 * The ended runs as rows, newest first.
 *
 * @param runs oldest first
 */
export function endedRunRows(runs: readonly RunRecord[]): readonly EndedRunRow[] {
  // VS Code refuses a tree in which two rows have one id; a file may hold anything.
  const byId = new Map(runs.map((record) => [record.summary.runId, record]));
  return [...byId.values()]
    .slice(-MAX_RUNS)
    .reverse()
    .map((record) => ({ kind: 'run', id: `run:${record.summary.runId}`, record }));
}

/** What a row unfolds to. */
export function childRows(row: RunsRow): readonly RunsRow[] {
  if (row.kind === 'cause') return row.tables;
  if (row.kind !== 'run') return [];
  const { id, record } = row;
  const { endedBy } = record.summary;
  const rows: RunsRow[] = [];
  // That somebody cancelled it is no reason that needs a sentence: its icon and label say so.
  if (endedBy !== null && endedBy !== 'cancelled')
    rows.push({ kind: 'endReason', id: `${id}/end`, reason: endedBy });
  rows.push(...failureRows(row));
  const unrecorded = unrecordedFailures(record);
  if (unrecorded > 0)
    rows.push({ kind: 'unrecorded', id: `${id}/unrecorded`, what: 'failed', count: unrecorded });
  rows.push(...changeRows(row));
  const unlisted = countChanged(record) - record.changes.length;
  if (unlisted > 0) rows.push({ kind: 'unrecorded', id: `${id}/unlisted`, what: 'changed', count: unlisted });
  return rows;
}

function failureRows({ id, record }: EndedRunRow): readonly (CauseRow | FailedTableRow)[] {
  const failures = [...new Map(record.failures.map((failure) => [failure.tableId, failure])).values()];
  const isGrouped = failures.length > GROUPED_ABOVE;
  const tables = failures.map(({ tableId, reason }): FailedTableRow => ({
    kind: 'failed',
    id: `${id}/failed:${tableId}`,
    tableId,
    reason,
    isGrouped,
  }));
  if (!isGrouped) return tables;
  return Array.from(
    Map.groupBy(tables, ({ reason }) => reason),
    ([reason, group]): CauseRow => ({ kind: 'cause', id: `${id}/cause:${reason}`, reason, tables: group }),
  ).sort((a, b) => b.tables.length - a.tables.length);
}

function changeRows({ id, record }: EndedRunRow): readonly ChangedTableRow[] {
  const byTable = new Map(record.changes.map(({ tableId, change }) => [tableId, change]));
  return Array.from(byTable, ([tableId, change]) => ({
    kind: 'changed',
    id: `${id}/changed:${tableId}`,
    tableId,
    change,
  }));
}

/** Whether the record names as many failed tables as one ever does, so that there may be more. */
export function isBounded(record: RunRecord): boolean {
  return record.failures.length >= MAX_RECORDED_FAILURES && unrecordedFailures(record) > 0;
}

/** The tables that failed in a run and that `isRegistered` still knows. */
export function retriableTables(
  { failures }: RunRecord,
  isRegistered: (tableId: string) => boolean,
): ReadonlySet<string> {
  return new Set(failures.map(({ tableId }) => tableId).filter(isRegistered));
}

/** What tells two lists of ended runs apart, as far as rows go. */
export function runsKey(runs: readonly RunRecord[]): string {
  return runs
    .map((record) => {
      const { summary, endedAt, failures } = record;
      return `${summary.runId}:${endedAt}:${summary.notStored}:${failures.length}:${countChanged(record)}`;
    })
    .join(' ');
}
