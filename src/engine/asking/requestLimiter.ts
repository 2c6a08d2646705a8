import type { Disposable } from '../../core/disposable.ts';
import { DEFAULT_CONCURRENCY, DEFAULT_REQUESTS_PER_SECOND } from '../../core/refreshPolicy.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import { AdaptiveConcurrency } from './adaptiveConcurrency.ts';
import { TABLE_DEADLINE_MS } from './fetchWithRetry.ts';
import { SharedAbort } from './sharedAbort.ts';
import { TokenBucket } from './tokenBucket.ts';

export interface RequestLimits {
  /** Requests under way at once, 1 to 64; `auto`: as many as BigQuery bears. */
  readonly concurrency: number | 'auto';
  /** 1 to 100. */
  readonly requestsPerSecond: number;
}

/** What lets somebody go who waits. */
type Admit = () => void;

/**
 * Keeps what one window asks of BigQuery within limits: so many requests under way at once, so many a second (engine-facts,
 * "faults"). Further attempts go before new tables, because their table's time runs; each kind goes in the order of asking.
 */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  #setting: RequestLimits['concurrency'] = DEFAULT_CONCURRENCY;
  #concurrency = new AdaptiveConcurrency(DEFAULT_CONCURRENCY);
  /** Places that are taken. */
  #taken = 0;
  // Sets keep the order of asking, and one of ten thousand is taken out of the middle without a walk.
  readonly #attempts = new Set<Admit>();
  readonly #tables = new Set<Admit>();
  readonly #aborts = new SharedAbort();
  #cancelTimer: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(DEFAULT_REQUESTS_PER_SECOND, clock.monotonicMs());
  }

  /**
   * At the start of each refresh. The bucket keeps its level and what it holds back; what was learned about the concurrency
   * counts until its setting is another.
   */
  configure({ concurrency, requestsPerSecond }: RequestLimits): void {
    this.#bucket.setRate(requestsPerSecond, this.#clock.monotonicMs());
    if (concurrency !== this.#setting) {
      this.#setting = concurrency;
      this.#concurrency = new AdaptiveConcurrency(concurrency);
    }
    // What waits goes by the new rate.
    this.#stopTimer();
    this.#admit();
  }

  /** Present limit of requests under way, a whole number, at least 1. */
  get concurrency(): number {
    return this.#concurrency.limit;
  }

  /**
   * Waits for a place among the requests under way and a token, in the order of asking. Disposing frees the place. Rejects
   * with the signal's reason when it is aborted first.
   */
  async takeSlot(signal: AbortSignal): Promise<Disposable> {
    await this.#wait(this.#tables, signal);
    let isTaken = true;
    return {
      dispose: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#taken -= 1;
        this.#admit();
      },
    };
  }

  /**
   * Waits for a token, for a further attempt at a table that has its place. Rejects with the signal's reason when it is
   * aborted first.
   */
  takeToken(signal: AbortSignal): Promise<void> {
    return this.#wait(this.#attempts, signal);
  }

  /** BigQuery answered without asking for fewer requests. Told while the request still has its place. */
  recordAnswer(): void {
    this.#concurrency.recordAnswer(this.#taken);
    this.#admit();
  }

  /**
   * BigQuery asked for fewer requests, and perhaps that none come for a while: then nobody gets a token before that is
   * over, or for 30 s, whichever is shorter.
   */
  recordRateLimited(retryAfterMs: number | null): void {
    const nowMs = this.#clock.monotonicMs();
    this.#concurrency.recordRateLimited(nowMs);
    if (retryAfterMs !== null) this.#bucket.holdUntil(nowMs + Math.min(retryAfterMs, TABLE_DEADLINE_MS));
  }

  #wait(queue: Set<Admit>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        queue.delete(admit);
        // Nobody is let go here: the next one's signal may be the same, and its turn to be told comes after this.
        if (this.#nextQueue() === undefined) this.#stopTimer();
        reject(signal.reason as Error);
      };
      const admit = (): void => {
        this.#aborts.delete(signal, onAbort);
        resolve();
      };
      this.#aborts.add(signal, onAbort);
      queue.add(admit);
      this.#admit();
    });
  }

  /** Lets go whoever may, and sets the one timer if somebody lacks nothing but a token. */
  #admit(): void {
    for (let queue = this.#nextQueue(); queue !== undefined; queue = this.#nextQueue()) {
      const nowMs = this.#clock.monotonicMs();
      if (!this.#bucket.tryTake(nowMs)) {
        this.#cancelTimer ??= this.#clock.after(this.#bucket.waitMs(nowMs), () => {
          this.#cancelTimer = undefined;
          this.#admit();
        });
        return;
      }
      if (queue === this.#tables) this.#taken += 1;
      admitFirst(queue);
    }
    this.#stopTimer();
  }

  /** Who is next, apart from the token; `undefined` for nobody. */
  #nextQueue(): Set<Admit> | undefined {
    if (this.#attempts.size > 0) return this.#attempts;
    return this.#tables.size > 0 && this.#taken < this.#concurrency.limit ? this.#tables : undefined;
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

function admitFirst(queue: Set<Admit>): void {
  for (const admit of queue) {
    queue.delete(admit);
    admit();
    return;
  }
}
