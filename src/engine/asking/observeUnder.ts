import { LinkedAbort } from '../../core/linkedAbort.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { FetchParts } from './fetchWithRetry.ts';
import { observeTable, type TableObservation } from './observeTable.ts';
import type { WriteRight } from '../flight/writeRight.ts';

/**
 * Looks at one table, and looks again when the right to write was interrupted meanwhile: what was under way then is aborted
 * (decisions, "Losing the child process"). Rejects when the signal is aborted, or the right is lost for good.
 */
export async function observeUnder(
  right: WriteRight,
  registration: TableRegistration,
  project: string | undefined,
  parts: FetchParts,
  signal: AbortSignal,
): Promise<TableObservation> {
  for (;;) {
    const interrupted = await right.held();
    const either = new LinkedAbort(signal, interrupted);
    try {
      return await observeTable(registration, project, parts, either.signal);
    } catch (error) {
      if (!interrupted.aborted || signal.aborted) throw error;
    } finally {
      either.dispose();
    }
  }
}
