/** Attempts in a row that may fail to reach BigQuery before a run stops trying (engine-facts, "faults"). */
export const MAX_NETWORK_FAILURES = 5;

/** Opens when one attempt after the other, over all tables of a run, gets no answer at all. */
export class NetworkBreaker {
  #failures = 0;

  /** @returns whether the breaker is open now */
  recordFailure(): boolean {
    this.#failures += 1;
    return this.#failures >= MAX_NETWORK_FAILURES;
  }

  recordAnswer(): void {
    this.#failures = 0;
  }
}
