import { asFailure, type AgnesFailure } from '../../core/failure.ts';
import { delay } from '../../engine/waiting.ts';
import type { AgnesServer, ServerStatus } from '../../ports/agnesServer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

export const MIN_POLL_MS = 2_000;
export const MAX_POLL_MS = 30_000;
/** A server that needs long for its answer is asked less often, and so is one that has none. */
const DISTANCE_PER_DURATION = 10;

export interface StatusPollParts {
  readonly server: Pick<AgnesServer, 'status'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStatus: (status: ServerStatus) => void;
  /** Whoever wants no more of it aborts the signal. */
  readonly onFailure: (failure: AgnesFailure) => void;
}

/** Asks for the status again and again, whatever comes of it, until the signal is aborted. Never rejects. */
export async function pollStatus(
  { server, clock, log, onStatus, onFailure }: StatusPollParts,
  signal: AbortSignal,
): Promise<void> {
  let distanceMs = MIN_POLL_MS;
  for (;;) {
    try {
      await delay(distanceMs, clock, signal);
      const startedMs = clock.monotonicMs();
      onStatus(await server.status(signal));
      const durationMs = clock.monotonicMs() - startedMs;
      distanceMs = Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, durationMs * DISTANCE_PER_DURATION));
    } catch (error) {
      if (signal.aborted) return;
      const failure = asFailure(error);
      log.warn(`the run's progress could not be read: ${failure.message}`);
      onFailure(failure);
      distanceMs = Math.min(MAX_POLL_MS, distanceMs * 2);
    }
  }
}
