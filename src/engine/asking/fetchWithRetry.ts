import { AgnesFailure } from '../../core/failure.ts';
import { LinkedAbort } from '../../core/linkedAbort.ts';
import type { TableAddress } from '../../core/tableAddress.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { MetadataProvider, ProviderAnswer } from '../../ports/metadataProvider.ts';
import { delay } from '../waiting.ts';
import type { NetworkBreaker } from './networkBreaker.ts';
import type { RequestLimiter } from './requestLimiter.ts';

/** From a table's first attempt to its last answer; waiting in the queue is outside (engine-facts, "faults"). */
export const TABLE_DEADLINE_MS = 30_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
/** Whatever a server says of when to come back: no hot loop. */
const MIN_BACKOFF_MS = 50;

type TransientAnswer = Extract<ProviderAnswer, { readonly kind: 'transient' }>;

export interface FetchParts {
  readonly provider: MetadataProvider;
  readonly clock: Clock;
  readonly random: Random;
  readonly breaker: NetworkBreaker;
  readonly limiter: Pick<RequestLimiter, 'takeToken' | 'recordAnswer' | 'recordRateLimited'>;
}

export interface FetchResult {
  /** A transient answer here is the last one: no more attempts. */
  readonly answer: ProviderAnswer;
  /** When the attempt that was answered began: what it saw is no older than this. */
  readonly observedAt: EpochMicros;
}

/**
 * Asks for one table until there is an answer that stands, the table's deadline has passed, the network breaker opens, or
 * BigQuery wants nobody to come back before the deadline. Whoever calls has a slot of the limiter, which is for the first
 * attempt; each further one waits for a token. Rejects with the signal's reason when it is aborted.
 */
export async function fetchWithRetry(
  address: TableAddress,
  { provider, clock, random, breaker, limiter }: FetchParts,
  signal: AbortSignal,
): Promise<FetchResult> {
  const startedMs = clock.monotonicMs();
  const deadline = new LinkedAbort(signal);
  const cancelDeadline = clock.after(TABLE_DEADLINE_MS, () => deadline.abort());
  let earlier: FetchResult | undefined;
  try {
    for (let attempt = 0; ; attempt += 1) {
      const observedAt = clock.now();
      const attemptMs = clock.monotonicMs();
      const answer = await attemptOnce(provider, address, signal, deadline.signal);
      if (answer.kind !== 'transient') {
        breaker.recordAnswer();
        // Some faults of the caller are found before BigQuery is asked, and after all of them the run is over.
        if (answer.kind !== 'callerFault') limiter.recordAnswer();
        return { answer, observedAt };
      }
      if (answer.reason === 'networkDown' || answer.reason === 'tableTimeout') {
        if (breaker.recordFailure(attemptMs, clock.monotonicMs())) {
          return { answer: { kind: 'callerFault', failure: networkDown(answer.message) }, observedAt };
        }
      } else {
        breaker.recordAnswer();
        if (answer.reason === 'rateLimited') limiter.recordRateLimited(answer.retryAfterMs);
        else limiter.recordAnswer();
      }
      const askedMs = answer.retryAfterMs ?? 0;
      if (askedMs > TABLE_DEADLINE_MS) {
        return { answer: { kind: 'callerFault', failure: stayAway(answer, askedMs) }, observedAt };
      }
      const delayMs = Math.max(MIN_BACKOFF_MS, askedMs, fullJitter(attempt, random));
      const leftMs = TABLE_DEADLINE_MS - (clock.monotonicMs() - startedMs);
      // What the deadline cut off tells less than the attempt before it.
      if (deadline.signal.aborted && earlier !== undefined) return earlier;
      if (delayMs >= leftMs) return { answer, observedAt };
      earlier = { answer, observedAt };
      await delay(delayMs, clock, signal);
      if (!(await takeTokenInTime(limiter, signal, deadline.signal))) return earlier;
    }
  } finally {
    cancelDeadline();
    deadline.dispose();
  }
}

/** An attempt that the table's deadline ends is a time-out, not a cancellation. */
async function attemptOnce(
  provider: MetadataProvider,
  address: TableAddress,
  signal: AbortSignal,
  /** Aborts with `signal` too. */
  deadline: AbortSignal,
): Promise<ProviderAnswer> {
  signal.throwIfAborted();
  try {
    return await provider.fetchTable(address, deadline);
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

/** @returns whether there was a token before the table's deadline */
async function takeTokenInTime(
  limiter: FetchParts['limiter'],
  signal: AbortSignal,
  deadline: AbortSignal,
): Promise<boolean> {
  try {
    await limiter.takeToken(deadline);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    return false;
  }
}

function fullJitter(attempt: number, random: Random): number {
  return Math.floor(random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt));
}

function networkDown(detail: string): AgnesFailure {
  return new AgnesFailure('networkDown', { detail });
}

/** Every table would be told the same, so the run ends: the server asks that nobody comes back before. */
function stayAway({ reason, message }: TransientAnswer, ms: number): AgnesFailure {
  const seconds = Math.ceil(ms / 1_000);
  return new AgnesFailure(reason, { detail: `asked to wait for at least ${seconds} s: ${message}` });
}
