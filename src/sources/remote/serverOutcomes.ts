import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { TableChange } from '../../core/tableChange.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { ServerStatusRow, ServerTableAnswer } from '../../ports/agnesServer.ts';
import { areColumnsGiven, cachedOfStatus, columnsTextOf, type ShownTable } from './joinAnswers.ts';
import { changeByAnswer, changeByRefresh } from './refreshChange.ts';

/** What Agnes stores of a table without data (contract, 4.1). */
const NO_DATA = 'provider returned no data';

/** When a request for one table was made. */
export interface AskedAt {
  /** By the server's clock. */
  readonly observedAt: EpochMicros;
  /** From the request to its answer, for a server that does not say how long it took. */
  readonly elapsedMs: number;
}

/**
 * The outcome that the server tells of one table.
 *
 * @param shown the table as it was shown before the refresh: the answer says nothing of columns
 */
export function outcomeOfAnswer(
  tableId: string,
  answer: ServerTableAnswer,
  { observedAt, elapsedMs }: AskedAt,
  shown: ShownTable | undefined,
): RefreshOutcome {
  const totalMs = answer.totalMs ?? Math.trunc(elapsedMs);
  const common = { tableId, stored: 'stored', observedAt, fetchMs: answer.fetchMs, totalMs } as const;
  switch (answer.status) {
    case 'ok': {
      const { rows, sizeBytes, entityType } = answer;
      const partitionBy = shown?.row.cached?.partitionBy ?? null;
      const clusteredBy = shown?.row.cached?.clusteredBy ?? null;
      const metadata = { rows, sizeBytes, partitionBy, clusteredBy, entityType, lastModified: null };
      const change = told(changeByAnswer(shown, answer));
      return { ...common, status: 'ok', metadata, timeIsApproximate: true, ...change };
    }
    case 'no_data':
      return {
        ...common,
        status: 'no_data',
        reason: 'noDataOnServer',
        message: NO_DATA,
        storedMessage: NO_DATA,
      };
    case 'error': {
      const { message } = answer;
      return { ...common, status: 'error', reason: 'failedOnServer', message, storedMessage: message };
    }
  }
}

/**
 * An outcome with what the status tells beyond the answer: the row's own time, and what of its columns is different. As it
 * was where the status row is of no later refresh than what was shown, or of a later failure.
 *
 * @param shown the table as it was shown before the refresh
 */
export function completeOutcome(
  outcome: RefreshOutcome,
  shown: ShownTable | undefined,
  status: ServerStatusRow | undefined,
): RefreshOutcome {
  if (shown === undefined || status === undefined || !hasMoreToTell(outcome, shown)) return outcome;
  const refreshedBefore = shown.row.cached?.refreshedAt ?? null;
  if (refreshedBefore === null) return outcome;
  const byStatus = outcomeOfStatus(shown, status, refreshedBefore + 1n);
  if (byStatus?.status !== 'ok') return outcome;
  return { ...byStatus, fetchMs: outcome.fetchMs, totalMs: outcome.totalMs };
}

/** Whether the status may tell of changes that the answer to a refresh does not: in columns that were shown before. */
export function hasMoreToTell(
  outcome: RefreshOutcome,
  shown: ShownTable | undefined,
): outcome is Extract<RefreshOutcome, { status: 'ok' }> {
  return outcome.status === 'ok' && typeof shown?.knownColumnsText === 'string';
}

function told(change: TableChange | undefined): { readonly change?: TableChange } {
  return change === undefined ? {} : { change };
}

/**
 * The outcome of one table in a run of the server, as its status row tells it.
 *
 * @returns `undefined` while the row is of before the run
 */
export function outcomeOfStatus(
  shown: ShownTable,
  status: ServerStatusRow,
  startedAt: EpochMicros,
): RefreshOutcome | undefined {
  const { tableId, refreshedAt, errorAt, errorMessage } = status;
  const common = { tableId, stored: 'stored', fetchMs: null, totalMs: 0 } as const;
  const succeeded = refreshedAt !== null && refreshedAt >= startedAt;
  if (succeeded && (errorAt === null || refreshedAt >= errorAt)) {
    // What was withheld at the last reading is not shown because the row has less in it now.
    const given = !shown.row.registration.hasAccessPolicy && areColumnsGiven(shown, status);
    const cached = cachedOfStatus(status, given);
    const { rows, sizeBytes, partitionBy, clusteredBy, entityType } = cached;
    const metadata = { rows, sizeBytes, partitionBy, clusteredBy, entityType, lastModified: null };
    const knownColumnsText = given ? columnsTextOf(status) : null;
    const change = changeByRefresh(shown, { cached, knownColumnsText });
    return { ...common, status: 'ok', observedAt: refreshedAt, metadata, ...told(change) };
  }
  if (errorAt === null || errorAt < startedAt) return undefined;
  return {
    ...common,
    status: 'error',
    reason: 'failedOnServer',
    observedAt: errorAt,
    message: errorMessage ?? '',
    storedMessage: errorMessage,
  };
}
