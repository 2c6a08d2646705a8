import { asFailure, type AgnesFailure } from '../../core/failure.ts';
import type { StorableOutcome, StoreAnswer, StoreAttempt } from '../../core/refreshOutcome.ts';
import type { Clock, CancelTimer } from '../../ports/clock.ts';
import { outcomeLength } from './outcomeLength.ts';

/** Outcomes in one transaction at most, and characters in them: DuckDB takes ten times as much while it stores them. */
export const MAX_BATCH = 500;
const MAX_BATCH_LENGTH = 1_000_000;
/** Outcomes that may wait to be stored, and characters in them: while there are as many, nothing more is fetched. */
export const MAX_UNSTORED = 1_000;
const MAX_UNSTORED_LENGTH = 4_000_000;
/** How long as many may wait for a held file: then the storing ends. */
export const FULL_PATIENCE_MS = 60_000;
/** Longest that an outcome waits for others: what a crash can lose. */
export const MAX_BATCH_AGE_MS = 1_000;

/** Stores one batch; rejects with an `AgnesFailure`. */
export type StoreBatch = (outcomes: readonly StorableOutcome[]) => Promise<readonly StoreAnswer[]>;

export interface OutcomeBatcherParts {
  readonly store: StoreBatch;
  readonly clock: Clock;
  /** Told once, of what ends the storing. */
  readonly onFailure: (failure: AgnesFailure) => void;
  /** Takes what could not be stored because somebody holds the file, for later. */
  readonly onHeldFile: (outcomes: readonly StorableOutcome[]) => void;
}

interface Pending {
  readonly outcome: StorableOutcome;
  readonly settle: (attempt: StoreAttempt) => void;
}

const NOT_STORED: StoreAttempt = { result: 'notStored' };

/**
 * Collects outcomes and stores them in small batches, one after the other. A batch that meets a busy file is tried again
 * with the next one, for a bounded time once as many wait as may; whatever else goes wrong with the store is told once
 * through `onFailure` and ends the storing: what waits and what comes later is reported as not stored.
 */
export class OutcomeBatcher {
  readonly #parts: OutcomeBatcherParts;
  #pending: Pending[] = [];
  #writing: Promise<void> = Promise.resolve();
  #cancelTimer: CancelTimer | undefined;
  #closed = false;
  #finishing = false;
  #flushWaits = false;
  /** Added and not settled. */
  #unstored = 0;
  #unstoredLength = 0;
  /** Monotonic; `undefined` while there is room. */
  #fullSinceMs: number | undefined;
  #room = Promise.withResolvers<undefined>();

  constructor(parts: OutcomeBatcherParts) {
    this.#parts = parts;
  }

  /** Resolves when the outcome's batch is stored, or can't be; never rejects. */
  add(outcome: StorableOutcome): Promise<StoreAttempt> {
    if (this.#closed) return Promise.resolve(NOT_STORED);
    this.#count(outcome, 1);
    return new Promise((resolve) => {
      const settle = (attempt: StoreAttempt): void => {
        this.#count(outcome, -1);
        resolve(attempt);
      };
      this.#pending.push({ outcome, settle });
      if (this.#pending.length >= MAX_BATCH) this.#flush();
      else this.#flushSoon();
    });
  }

  /** Resolves when there is room for more, when the storing has ended, or when the signal aborts; never rejects. */
  async untilRoom(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<undefined>();
    const onAbort = (): void => aborted.resolve(undefined);
    signal.addEventListener('abort', onAbort);
    while (this.#fullSinceMs !== undefined && !this.#closed && !signal.aborted) {
      await Promise.race([this.#room.promise, aborted.promise]);
    }
    signal.removeEventListener('abort', onAbort);
  }

  /** Stores what is left. What meets a busy file now is handed over for later. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#flush();
    await this.#writing;
  }

  #count(outcome: StorableOutcome, sign: 1 | -1): void {
    this.#unstored += sign;
    this.#unstoredLength += sign * outcomeLength(outcome);
    if (this.#unstored >= MAX_UNSTORED || this.#unstoredLength >= MAX_UNSTORED_LENGTH) {
      this.#fullSinceMs ??= this.#parts.clock.monotonicMs();
    } else if (this.#fullSinceMs !== undefined) {
      this.#fullSinceMs = undefined;
      this.#room.resolve(undefined);
      this.#room = Promise.withResolvers();
    }
  }

  /** Whether a busy file is worth another attempt. */
  #isPatient(): boolean {
    const sinceMs = this.#fullSinceMs;
    const isExhausted =
      sinceMs !== undefined && this.#parts.clock.monotonicMs() - sinceMs >= FULL_PATIENCE_MS;
    return !this.#finishing && !isExhausted;
  }

  #flushSoon(): void {
    this.#cancelTimer ??= this.#parts.clock.after(MAX_BATCH_AGE_MS, () => this.#flush());
  }

  /** Lets a writing follow the one that is under way; one that waits already takes these along. */
  #flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#flushWaits) return;
    this.#flushWaits = true;
    // Taken inside the chain, so that a batch put back by the one before is in it.
    this.#writing = this.#writing.then(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    this.#flushWaits = false;
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, batchLength(this.#pending));
      if (!(await this.#write(batch))) return;
    }
  }

  /** @returns whether to go on with the next batch */
  async #write(batch: readonly Pending[]): Promise<boolean> {
    try {
      const answers = await this.#parts.store(batch.map(({ outcome }) => outcome));
      batch.forEach(({ settle }, index) => settle(answers[index] ?? NOT_STORED));
      return true;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.reason === 'fileBusy' && this.#isPatient()) {
        this.#pending.unshift(...batch);
        this.#flushSoon();
        return false;
      }
      this.#closed = true;
      const left = [...batch, ...this.#pending.splice(0)];
      if (failure.reason === 'fileBusy') this.#parts.onHeldFile(left.map(({ outcome }) => outcome));
      this.#parts.onFailure(failure);
      for (const { settle } of left) settle(NOT_STORED);
      return false;
    }
  }
}

/** How many of those that wait, from the first one on, make a batch. */
export function batchLength(pending: readonly { readonly outcome: StorableOutcome }[]): number {
  let characters = 0;
  let length = 0;
  for (const { outcome } of pending.slice(0, MAX_BATCH)) {
    characters += outcomeLength(outcome);
    if (characters > MAX_BATCH_LENGTH && length > 0) break;
    length += 1;
  }
  return length;
}
