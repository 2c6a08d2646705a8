import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import {
  boundedFailures,
  groupByCause,
  listChanges,
  listFailures,
  recordedChanges,
  type FailureCause,
  type RunSummary,
} from '../../core/runSummary.ts';
import type { EpochMicros } from '../../core/time.ts';
import { causeLines, runLine } from '../../engine/runLog.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { RunRecords } from '../../ports/runRecords.ts';

export interface RunEndParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly records: RunRecords;
  /** Now by the server's clock, which the history of a server goes by. */
  readonly serverNow: () => EpochMicros;
}

/**
 * Writes the end of a run to the log and, where it belongs there, to the history.
 *
 * @param outcomes what is known of single tables
 * @returns why tables failed; empty where that is not known of all that did
 */
export async function endRun(
  { log, records, serverNow }: RunEndParts,
  summary: RunSummary,
  outcomes: readonly RefreshOutcome[],
  isRecorded: boolean,
): Promise<readonly FailureCause[]> {
  const { runId, endedBy, noData, failed } = summary;
  const failures = listFailures(outcomes);
  const causes = failures.length < noData + failed ? [] : groupByCause(failures);
  log.info(runLine(summary));
  for (const line of causeLines(runId, causes)) log.warn(line);
  if (endedBy !== null && endedBy !== 'cancelled') log.warn(`run ${runId} ended early: ${endedBy}`);
  if (isRecorded) {
    const changes = recordedChanges(listChanges(outcomes));
    await records.append(
      { summary, endedAt: serverNow(), failures: boundedFailures(failures), ...changes },
      true,
    );
  }
  return causes;
}
