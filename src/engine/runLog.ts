import { singleLine } from '../core/displayText.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import { toWire, type FailureCause, type RunSummary } from '../core/runSummary.ts';
import type { TableChange } from '../core/tableChange.ts';
import type { Log } from '../ports/log.ts';

/** The line of a table, in the words of Agnes's own log (contract, 4.4), with the reason that Agnes leaves out. */
function outcomeLine(runId: string | null, outcome: RefreshOutcome): string {
  const fields = [`table_id=${singleLine(outcome.tableId, 300)}`, `status=${outcome.status}`];
  if (runId !== null) fields.unshift(`run_id=${runId}`);
  if ('totalMs' in outcome) {
    fields.push(`fetch_ms=${outcome.fetchMs ?? '-'}`, `total_ms=${outcome.totalMs}`);
    if (outcome.stored !== 'stored') fields.push(`stored=${outcome.stored}`);
  }
  if ('change' in outcome) fields.push(`changed=${changed(outcome.change)}`);
  if ('reason' in outcome) fields.push(`reason=${outcome.reason}`);
  if ('message' in outcome) fields.push(`message=${singleLine(outcome.message, 300)}`);
  return `refresh table: ${fields.join(' ')}`;
}

/** What is different, by field; the sentences are for people. */
function changed(change: TableChange): string {
  return Object.entries(change)
    .flatMap(([field, difference]) => (difference === null ? [] : field))
    .join(',');
}

/** Writes the line of a table; a failed one as a warning, so that a higher level still shows it. */
export function logOutcome(log: Log, runId: string | null, outcome: RefreshOutcome): void {
  const line = outcomeLine(runId, outcome);
  if (outcome.status === 'error' || outcome.status === 'no_data') log.warn(line);
  else log.info(line);
}

/** One line a run. */
export function runLine(summary: RunSummary): string {
  const fields = Object.entries(toWire(summary)).map(([name, value]) => `${name}=${value}`);
  fields.push(`not_stored=${summary.notStored}`, `trigger=${summary.trigger}`);
  return `refresh run: ${fields.join(' ')}`;
}

/** Tables that one line names. */
const MAX_NAMED = 5;

/** One line for each cause of failure of a run, however many tables it met; the most frequent first. */
export function causeLines(runId: string, causes: readonly FailureCause[]): readonly string[] {
  return causes.map(({ reason, tableIds }) => {
    const named = tableIds.slice(0, MAX_NAMED).map((id) => singleLine(id, 100));
    const more = tableIds.length > named.length ? ', …' : '';
    return `refresh run: run_id=${runId} reason=${reason} tables=${tableIds.length} (${named.join(', ')}${more})`;
  });
}
