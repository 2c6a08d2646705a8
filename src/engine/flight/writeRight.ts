import { Emitter, type Event } from '../../core/emitter.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { RunLease } from '../../ports/runLock.ts';

/** Times that one refresh takes its lock again: a child that dies more often than that will go on dying. */
export const MAX_RETAKES = 3;

/** One holding of the lock, until it is lost or freed. */
interface Term {
  /** `undefined` where there is no lock over processes. */
  readonly lease: RunLease | undefined;
  readonly interruption: AbortController;
}

/**
 * The right of one refresh to write to the shared file. It ends with the process that holds the lock, and comes back only
 * when the lock is taken again (decisions, "Losing the child process"). Where there is no lock over processes, the loss of
 * the child interrupts and is counted all the same.
 */
export class WriteRight {
  readonly #retake: () => Promise<RunLease | undefined>;
  readonly #freed = Promise.withResolvers<undefined>();
  /** Settles when the lock is freed. */
  readonly released: Promise<undefined> = this.#freed.promise;
  readonly #retaken = new Emitter<void>();
  #term: Term;
  /** The present term, or the coming one while the lock is being taken again. */
  #coming: Promise<Term>;
  #retakes = 0;
  #isReleased = false;

  /**
   * @param lease `undefined` where there is no lock over processes
   * @param retake takes the lock again; rejects with an `AgnesFailure` when somebody else has it by then
   */
  constructor(lease: RunLease | undefined, retake: () => Promise<RunLease | undefined>) {
    this.#retake = retake;
    this.onRetaken = this.#retaken.event;
    this.#term = { lease, interruption: new AbortController() };
    this.#coming = Promise.resolve(this.#term);
    this.#loseWithProcess(this.#term);
  }

  /** The lock was taken again, by another process. */
  readonly onRetaken: Event<void>;

  /** `alone`: there is no lock over processes; `lost`: somebody else may have it by now, and what is shared is theirs. */
  get state(): 'held' | 'lost' | 'alone' {
    if (this.#term.interruption.signal.aborted) return 'lost';
    return this.#term.lease === undefined ? 'alone' : 'held';
  }

  /** Process that holds the lock; 0 where there is none, and while it is lost: then nothing is told to other windows. */
  get pid(): number {
    return this.state === 'held' ? (this.#term.lease?.pid ?? 0) : 0;
  }

  /**
   * Waits while the lock is being taken again. Rejects with `flightLost` when it can't be.
   *
   * @returns a signal that aborts when the right is interrupted: what was asked under it is asked again
   */
  async held(): Promise<AbortSignal> {
    return (await this.#coming).interruption.signal;
  }

  /**
   * Writes under the lock, and again when the lock was lost meanwhile. What a dying child may have committed is not
   * harmed by that: the fence takes it for what is there already.
   */
  async write<T>(work: (lockId: string | undefined) => Promise<T>): Promise<T> {
    for (;;) {
      const term = await this.#coming;
      try {
        return await work(term.lease?.lockId);
      } catch (thrown) {
        const { reason } = asFailure(thrown);
        if (this.#isReleased || (reason !== 'workerCrashed' && reason !== 'flightLost')) throw thrown;
        this.#lose(term);
      }
    }
  }

  /** Frees the lock; never rejects. */
  async release(): Promise<void> {
    this.#isReleased = true;
    const term = await this.#coming.catch(() => undefined);
    await term?.lease?.release();
    this.#retaken.dispose();
    this.#freed.resolve(undefined);
  }

  #loseWithProcess(term: Term): void {
    const onLost = (): void => this.#lose(term);
    term.lease?.lost.addEventListener('abort', onLost, { once: true });
    if (term.lease?.lost.aborted === true) onLost();
  }

  /** Told of one loss by the end of the process, and by each write that it cut off. */
  #lose(term: Term): void {
    if (this.#isReleased || term.interruption.signal.aborted) return;
    this.#coming = this.#takeAgain(term);
    this.#coming.catch(() => undefined); // told to whoever waits for it
    term.interruption.abort(new AgnesFailure('flightLost'));
  }

  async #takeAgain({ lease: lost }: Term): Promise<Term> {
    this.#retakes += 1;
    await lost?.release();
    if (this.#retakes > MAX_RETAKES) {
      throw new AgnesFailure('flightLost', { detail: `lost ${this.#retakes} times` });
    }
    const term = { lease: await this.#retake(), interruption: new AbortController() };
    this.#term = term;
    this.#loseWithProcess(term);
    this.#retaken.fire();
    return term;
  }
}
