import { AgnesFailure } from '../core/failure.ts';
import type { TableAddress } from '../core/tableAddress.ts';
import type { EpochMicros } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { MetadataProvider, ProviderAnswer } from '../ports/metadataProvider.ts';
import type { NetworkBreaker } from './networkBreaker.ts';

/** From a table's first attempt to its last answer; waiting in the queue is outside (engine-facts, "faults"). */
export const TABLE_DEADLINE_MS = 30_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
/** Whatever a server says of when to come back: no hot loop. */
const MIN_BACKOFF_MS = 50;

export interface FetchParts {
  readonly provider: MetadataProvider;
  readonly clock: Clock;
  readonly random: Random;
  readonly breaker: NetworkBreaker;
}

export interface FetchResult {
  /** A transient answer here is the last one: no more attempts. */
  readonly answer: ProviderAnswer;
  /** When the attempt that was answered began: what it saw is no older than this. */
  readonly observedAt: EpochMicros;
}

/**
 * Asks for one table until there is an answer that stands, the table's deadline has passed, or the network breaker opens.
 * Rejects with the signal's reason when it is aborted.
 */
export async function fetchWithRetry(
  address: TableAddress,
  { provider, clock, random, breaker }: FetchParts,
  signal: AbortSignal,
): Promise<FetchResult> {
  const startedMs = clock.monotonicMs();
  const deadline = new AbortController();
  const cancelDeadline = clock.after(TABLE_DEADLINE_MS, () => deadline.abort());
  try {
    for (let attempt = 0; ; attempt += 1) {
      const observedAt = clock.now();
      const attemptMs = clock.monotonicMs();
      const answer = await attemptOnce(provider, address, signal, deadline.signal);
      if (answer.kind !== 'transient') {
        breaker.recordAnswer();
        return { answer, observedAt };
      }
      if (answer.reason === 'networkDown' || answer.reason === 'tableTimeout') {
        if (breaker.recordFailure(attemptMs, clock.monotonicMs())) {
          return { answer: { kind: 'callerFault', failure: networkDown(answer.message) }, observedAt };
        }
      } else breaker.recordAnswer();

      const delayMs = Math.max(MIN_BACKOFF_MS, answer.retryAfterMs ?? 0, fullJitter(attempt, random));
      const leftMs = TABLE_DEADLINE_MS - (clock.monotonicMs() - startedMs);
      if (delayMs >= leftMs) return { answer, observedAt };
      await delay(delayMs, clock, signal);
    }
  } finally {
    cancelDeadline();
  }
}

/** An attempt that the table's deadline ends is a time-out, not a cancellation. */
async function attemptOnce(
  provider: MetadataProvider,
  address: TableAddress,
  signal: AbortSignal,
  deadline: AbortSignal,
): Promise<ProviderAnswer> {
  signal.throwIfAborted();
  try {
    return await provider.fetchTable(address, AbortSignal.any([signal, deadline]));
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    const seconds = TABLE_DEADLINE_MS / 1000;
    return {
      kind: 'transient',
      reason: 'tableTimeout',
      message: `no answer within ${seconds} s`,
      retryAfterMs: null,
    };
  }
}

function fullJitter(attempt: number, random: Random): number {
  return Math.floor(random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt));
}

function networkDown(detail: string): AgnesFailure {
  return new AgnesFailure('networkDown', { detail });
}

/** Resolves after a time, rejects with the signal's reason when it is aborted first. */
export function delay(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
