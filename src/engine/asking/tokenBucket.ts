/** Tokens that may be saved up, as a part of one second's: a refresh begins with this many requests at once. */
const BURST_SECONDS = 0.1;

/**
 * Counts requests against a rate. Whoever sends one takes a token; tokens come back evenly, so that in any second there
 * are at most `perSecond` plus a burst of a tenth of it (at least one). Times are monotonic milliseconds.
 */
export class TokenBucket {
  #perSecond: number;
  #level: number;
  #countedAtMs: number;
  #heldUntilMs = -Infinity;

  /** Begins with its burst. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#level = burstOf(perSecond);
    this.#countedAtMs = nowMs;
  }

  /** Goes on with the tokens that there are; a lower rate may hold fewer. */
  setRate(perSecond: number, nowMs: number): void {
    this.#earn(nowMs);
    this.#perSecond = perSecond;
    this.#level = Math.min(this.#level, burstOf(perSecond));
  }

  /** Gives no token before a moment. An earlier one than what holds already changes nothing. */
  holdUntil(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, ms);
  }

  /** @returns whether there was a token, which is taken then */
  tryTake(nowMs: number): boolean {
    this.#earn(nowMs);
    if (this.#level < 1 || nowMs < this.#heldUntilMs) return false;
    this.#level -= 1;
    return true;
  }

  /** @returns whole milliseconds, at least 1, after which `tryTake` is worth a try */
  waitMs(nowMs: number): number {
    this.#earn(nowMs);
    const earnMs = ((1 - this.#level) / this.#perSecond) * 1_000;
    return Math.max(1, Math.ceil(Math.max(earnMs, this.#heldUntilMs - nowMs)));
  }

  #earn(nowMs: number): void {
    const earned = ((nowMs - this.#countedAtMs) / 1_000) * this.#perSecond;
    this.#level = Math.min(burstOf(this.#perSecond), this.#level + earned);
    this.#countedAtMs = nowMs;
  }
}

function burstOf(perSecond: number): number {
  return Math.max(1, perSecond * BURST_SECONDS);
}
