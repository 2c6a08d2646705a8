import { AgnesFailure, type FileHolder } from '../../core/failure.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Announcement } from '../../ports/runBoard.ts';
import type { RunLease, RunLock } from '../../ports/runLock.ts';
import { delay } from '../waiting.ts';
import type { FlightWatch } from './flightWatch.ts';
import { WriteRight } from './writeRight.ts';

/** Pause before a lock is tried again that is held by somebody who tells nothing; the real one is up to twice as long. */
const UNKNOWN_PAUSE_MS = 40;
/**
 * A window that has just had single flight lets the others go first, who need some 30 ms to hear of it: one that refreshes
 * table after table would keep them waiting to its end.
 */
const COURTESY_MS = 100;
/** A child that was told to go has 5 s to end its work; then its lock is free. */
const RETAKE_PATIENCE_MS = 8_000;

const NEVER = new AbortController().signal;

/** Somebody else has single flight: what they do, or, where they don't tell, who they are. */
export interface FlightElsewhere {
  readonly kind: 'elsewhere';
  readonly announcement: Announcement | undefined;
  readonly holder: FileHolder | undefined;
}

export type FlightAnswer = { readonly kind: 'taken'; readonly right: WriteRight } | FlightElsewhere;

export interface SingleFlightParts {
  readonly lock: RunLock;
  readonly watch: FlightWatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** There is no single flight over processes, for this reason; told once. */
  readonly onUnavailable: (failure: AgnesFailure) => void;
}

/**
 * At most one refresh at a time on one shared file, over all windows. The lock decides; announcements only say whom one
 * waits for.
 */
export class SingleFlight {
  readonly #parts: SingleFlightParts;
  /** Settles when this window's present flight is over. */
  #turn: Promise<unknown> = Promise.resolve();
  #flights = 0;
  #freedMs = -Infinity;
  #toldUnavailable = false;

  constructor(parts: SingleFlightParts) {
    this.#parts = parts;
  }

  /** Whether this window has a flight under way, or waits for one. */
  get isBusy(): boolean {
    return this.#flights > 0;
  }

  /** One attempt, after what this window has under way. Rejects with an `AgnesFailure`. */
  async take(): Promise<FlightAnswer> {
    const before = this.#turn;
    const over = Promise.withResolvers<undefined>();
    this.#turn = over.promise;
    this.#flights += 1;
    void over.promise.then(() => {
      this.#flights -= 1;
    });
    await before;
    try {
      await this.#letOthersGoFirst();
      const answer = await this.#takeNow(() => over.resolve(undefined));
      if (answer.kind === 'elsewhere') over.resolve(undefined);
      return answer;
    } catch (thrown) {
      over.resolve(undefined);
      throw thrown;
    }
  }

  /** Waits until it is worth trying again. @returns the milliseconds that were waited without knowing for whom */
  async untilFree({ announcement }: FlightElsewhere, signal: AbortSignal): Promise<number> {
    if (announcement !== undefined) {
      await this.#parts.watch.untilEnded(announcement.runId, signal);
      return 0;
    }
    return this.#pause(signal);
  }

  async #takeNow(over: () => void): Promise<FlightAnswer> {
    const { lock, watch } = this.#parts;
    const answer = await lock.tryTake();
    switch (answer.kind) {
      case 'taken':
        return { kind: 'taken', right: this.#right(answer.lease, over) };
      case 'unavailable':
        this.#tellUnavailable(answer.failure);
        return { kind: 'taken', right: this.#right(undefined, over) };
      case 'heldElsewhere':
        return { kind: 'elsewhere', announcement: await watch.look(), holder: answer.holder };
    }
  }

  #right(lease: RunLease | undefined, over: () => void): WriteRight {
    const right = new WriteRight(lease, () =>
      lease === undefined ? Promise.resolve(undefined) : this.#retake(),
    );
    void right.released.then(() => {
      this.#freedMs = this.#parts.clock.monotonicMs();
      over();
    });
    return right;
  }

  /** Rejects when another window took the lock in between, or when it does not become free. */
  async #retake(): Promise<RunLease | undefined> {
    for (let waitedMs = 0; waitedMs < RETAKE_PATIENCE_MS; waitedMs += await this.#pause(NEVER)) {
      const answer = await this.#parts.lock.tryTake();
      if (answer.kind === 'taken') return answer.lease;
      if (answer.kind === 'unavailable') break;
      if ((await this.#parts.watch.look()) !== undefined) break;
    }
    throw new AgnesFailure('flightLost', { detail: 'the lock was taken by somebody else' });
  }

  async #letOthersGoFirst(): Promise<void> {
    const { clock } = this.#parts;
    const leftMs = Math.ceil(COURTESY_MS - (clock.monotonicMs() - this.#freedMs));
    if (leftMs > 0) await delay(leftMs, clock, NEVER);
  }

  async #pause(signal: AbortSignal): Promise<number> {
    const { clock, random } = this.#parts;
    const ms = Math.floor(UNKNOWN_PAUSE_MS * (1 + random()));
    await delay(ms, clock, signal);
    return ms;
  }

  #tellUnavailable(failure: AgnesFailure): void {
    if (this.#toldUnavailable) return;
    this.#toldUnavailable = true;
    this.#parts.log.warn(`refreshes of other windows are not seen: ${failure.detail ?? failure.message}`);
    this.#parts.onUnavailable(failure);
  }
}
