import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { ServerStatusRow, ServerTableAnswer } from '../../ports/agnesServer.ts';
import { areColumnsGiven, cachedOfStatus, type ShownTable } from './joinAnswers.ts';

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
 * @param shown the table as it was shown before: the answer says nothing of columns
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
      const metadata = { rows, sizeBytes, partitionBy, clusteredBy, entityType };
      return { ...common, status: 'ok', metadata };
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
    const { rows, sizeBytes, partitionBy, clusteredBy, entityType } = cachedOfStatus(status, given);
    const metadata = { rows, sizeBytes, partitionBy, clusteredBy, entityType };
    return { ...common, status: 'ok', observedAt: refreshedAt, metadata };
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
