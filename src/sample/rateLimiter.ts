/** A token bucket: `perSecond` requests a second, with one second's worth saved up at the start. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #monotonicMs: () => number;
  #tokens: number;
  #countedAtMs: number;

  constructor(perSecond: number, monotonicMs: () => number) {
    this.#perSecond = perSecond;
    this.#monotonicMs = monotonicMs;
    this.#tokens = perSecond;
    this.#countedAtMs = monotonicMs();
  }

  /** Whether one more request is within the rate; counts it if so. */
  admits(): boolean {
    const now = this.#monotonicMs();
    const earned = ((now - this.#countedAtMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned);
    this.#countedAtMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
