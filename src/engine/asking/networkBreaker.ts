/** Failures in a row to reach BigQuery before a run stops trying (engine-facts, "faults"). */
export const MAX_NETWORK_FAILURES = 5;

/**
 * Opens when one attempt after the other, over all tables of a run, gets no answer at all. Attempts that were under way
 * together when the network blinked are one failure, not several: a single blip must not end a run.
 */
export class NetworkBreaker {
  #failures = 0;
  #lastFailureMs = -Infinity;

  /**
   * @param startedMs when the failed attempt began, by the same clock as `nowMs`
   * @returns whether the breaker is open now
   */
  recordFailure(startedMs: number, nowMs: number): boolean {
    if (startedMs > this.#lastFailureMs) {
      this.#failures += 1;
      this.#lastFailureMs = nowMs;
    }
    return this.#failures >= MAX_NETWORK_FAILURES;
  }

  recordAnswer(): void {
    this.#failures = 0;
  }
}
