/** What `auto` begins with, and where it ends. */
const AUTO_START = 4;
const AUTO_CEILING = 32;
/** One cut for all the refusals that one moment of too many requests brings (engine-facts, "faults"). */
const CUT_FACTOR = 0.6;
const MIN_CUT_DISTANCE_MS = 500;
/** Below this part of the limit under way, an answer says nothing about whether more would be borne. */
const USED_PART = 0.75;

/**
 * How many requests may be under way at once: one more after about as many answers as there may be requests, four tenths
 * less when BigQuery asks for fewer (additive increase, multiplicative decrease).
 */
export class AdaptiveConcurrency {
  readonly #ceiling: number;
  #limit: number;
  #answers = 0;
  #cutAtMs = -Infinity;

  /** @param setting a number is where it begins and its highest; `auto` begins low and finds out */
  constructor(setting: number | 'auto') {
    this.#limit = setting === 'auto' ? AUTO_START : setting;
    this.#ceiling = setting === 'auto' ? AUTO_CEILING : setting;
  }

  /** A whole number, at least 1. */
  get limit(): number {
    return this.#limit;
  }

  /** @param underWay requests under way, with the one that was answered */
  recordAnswer(underWay: number): void {
    if (this.#limit >= this.#ceiling || underWay < this.#limit * USED_PART) return;
    this.#answers += 1;
    if (this.#answers < this.#limit) return;
    this.#limit += 1;
    this.#answers = 0;
  }

  recordRateLimited(nowMs: number): void {
    if (nowMs - this.#cutAtMs < MIN_CUT_DISTANCE_MS) return;
    this.#cutAtMs = nowMs;
    this.#limit = Math.max(1, Math.floor(this.#limit * CUT_FACTOR));
    this.#answers = 0;
  }
}
