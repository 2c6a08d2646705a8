import { asFailure, type AgnesFailure } from '../core/failure.ts';
import type { StorableOutcome, StoreResult } from '../core/refreshOutcome.ts';
import type { Clock, CancelTimer } from '../ports/clock.ts';
import type { TableStore } from '../ports/tableStore.ts';

/** Outcomes in one transaction at most, and column names in them: a batch must fit into DuckDB's memory limit. */
export const MAX_BATCH = 500;
const MAX_BATCH_NAMES = 500_000;
/** Longest that an outcome waits for others: what a crash can lose. */
export const MAX_BATCH_AGE_MS = 1_000;

interface Pending {
  readonly outcome: StorableOutcome;
  readonly settle: (result: StoreResult | 'notStored') => void;
}

/**
 * Collects outcomes and stores them in small batches, one after the other. A batch that meets a busy file is tried again
 * with the next one; whatever else goes wrong with the store is told once through `onFailure` and ends the right to
 * write (decisions, "Losing the child process"): what waits and what comes later is reported as not stored.
 */
export class OutcomeBatcher {
  readonly #store: TableStore;
  readonly #clock: Clock;
  readonly #onFailure: (failure: AgnesFailure) => void;
  #pending: Pending[] = [];
  #writing: Promise<void> = Promise.resolve();
  #cancelTimer: CancelTimer | undefined;
  #closed = false;
  #finishing = false;
  #flushWaits = false;

  constructor(store: TableStore, clock: Clock, onFailure: (failure: AgnesFailure) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** Resolves when the outcome's batch is stored, or can't be; never rejects. */
  add(outcome: StorableOutcome): Promise<StoreResult | 'notStored'> {
    if (this.#closed) return Promise.resolve('notStored');
    return new Promise((settle) => {
      this.#pending.push({ outcome, settle });
      if (this.#pending.length >= MAX_BATCH) this.#flush();
      else this.#cancelTimer ??= this.#clock.after(MAX_BATCH_AGE_MS, () => this.#flush());
    });
  }

  /** Stores what is left. What meets a busy file now is not stored. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#flush();
    await this.#writing;
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
      const results = await this.#store.storeOutcomes(batch.map(({ outcome }) => outcome));
      batch.forEach(({ settle }, index) => settle(results[index] ?? 'notStored'));
      return true;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.reason === 'fileBusy' && !this.#finishing) {
        this.#pending.unshift(...batch);
        this.#cancelTimer ??= this.#clock.after(MAX_BATCH_AGE_MS, () => this.#flush());
        return false;
      }
      this.#closed = true;
      this.#onFailure(failure);
      for (const { settle } of [...batch, ...this.#pending.splice(0)]) settle('notStored');
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
