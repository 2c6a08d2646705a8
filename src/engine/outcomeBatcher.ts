import { asFailure, type AgnesFailure } from '../core/failure.ts';
import type { StorableOutcome, StoreResult } from '../core/refreshOutcome.ts';
import type { Clock, CancelTimer } from '../ports/clock.ts';

/** Outcomes in one transaction at most, and column names in them: a batch must fit into DuckDB's memory limit. */
export const MAX_BATCH = 500;
const MAX_BATCH_NAMES = 500_000;
/** Longest that an outcome waits for others: what a crash can lose. */
export const MAX_BATCH_AGE_MS = 1_000;

/** Stores one batch; rejects with an `AgnesFailure`. */
export type StoreBatch = (outcomes: readonly StorableOutcome[]) => Promise<readonly StoreResult[]>;

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
  readonly settle: (result: StoreResult | 'notStored') => void;
}

/**
 * Collects outcomes and stores them in small batches, one after the other. A batch that meets a busy file is tried again
 * with the next one; whatever else goes wrong with the store is told once through `onFailure` and ends the storing: what
 * waits and what comes later is reported as not stored.
 */
export class OutcomeBatcher {
  readonly #parts: OutcomeBatcherParts;
  #pending: Pending[] = [];
  #writing: Promise<void> = Promise.resolve();
  #cancelTimer: CancelTimer | undefined;
  #closed = false;
  #finishing = false;
  #flushWaits = false;

  constructor(parts: OutcomeBatcherParts) {
    this.#parts = parts;
  }

  /** Resolves when the outcome's batch is stored, or can't be; never rejects. */
  add(outcome: StorableOutcome): Promise<StoreResult | 'notStored'> {
    if (this.#closed) return Promise.resolve('notStored');
    return new Promise((settle) => {
      this.#pending.push({ outcome, settle });
      if (this.#pending.length >= MAX_BATCH) this.#flush();
      else this.#flushSoon();
    });
  }

  /** Stores what is left. What meets a busy file now is handed over for later. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#flush();
    await this.#writing;
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
      const results = await this.#parts.store(batch.map(({ outcome }) => outcome));
      batch.forEach(({ settle }, index) => settle(results[index] ?? 'notStored'));
      return true;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.reason === 'fileBusy' && !this.#finishing) {
        this.#pending.unshift(...batch);
        this.#flushSoon();
        return false;
      }
      this.#closed = true;
      const left = [...batch, ...this.#pending.splice(0)];
      if (failure.reason === 'fileBusy') this.#parts.onHeldFile(left.map(({ outcome }) => outcome));
      this.#parts.onFailure(failure);
      for (const { settle } of left) settle('notStored');
      return false;
    }
  }
}

function batchLength(pending: readonly Pending[]): number {
  let names = 0;
  let length = 0;
  for (const { outcome } of pending.slice(0, MAX_BATCH)) {
    names += outcome.observation.kind === 'ok' ? (outcome.observation.metadata.knownColumns?.length ?? 0) : 0;
    if (names > MAX_BATCH_NAMES && length > 0) break;
    length += 1;
  }
  return length;
}
