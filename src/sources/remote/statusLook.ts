import { asFailure } from '../../core/failure.ts';
import type { AgnesServer, ServerStatusRow } from '../../ports/agnesServer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

/** How long a run that has its answers already waits for what the status tells beyond them. */
export const LOOK_PATIENCE_MS = 10_000;

/** Status rows by table id. */
export type StatusRows = ReadonlyMap<string, ServerStatusRow>;

export interface StatusLookParts {
  readonly server: Pick<AgnesServer, 'status'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Looks at the status at the end of a run: the answer of one table tells nothing of columns, and the answer of a run nothing
 * of tables. `undefined` where it could not be read, or not soon. Never rejects.
 */
export async function lookAtStatus({ server, clock, log }: StatusLookParts): Promise<StatusRows | undefined> {
  const impatience = new AbortController();
  const cancelPatience = clock.after(LOOK_PATIENCE_MS, () => impatience.abort());
  try {
    const { rows } = await server.status(impatience.signal);
    return new Map(rows.map((row) => [row.tableId, row]));
  } catch (error) {
    const failure = asFailure(error);
    if (failure.reason !== 'cancelled') {
      log.warn(`what a refresh came to could not be read: ${failure.message}`);
    }
    return undefined;
  } finally {
    cancelPatience();
  }
}
