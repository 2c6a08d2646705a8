import type { BigQuerySettings } from '../adapters/bigquery/bigQueryConfiguration.ts';
import { resolveDataPolicies, type ResolvedDataPolicies } from '../core/dataFreshness.ts';

/**
 * The policies for the age of data as they were made last. They remember which of them each table has, and to look that up
 * anew for ten thousand tables takes time: any setting may change, but only these two make other policies.
 */
export class KeptDataPolicies {
  #madeOf: string | undefined;
  #made: ResolvedDataPolicies | undefined;

  /**
   * The same object for as long as both are the same.
   *
   * @param setting `dataFreshness`
   * @param bigQuery with another project the same names stand for other tables, and where one of these settings can't be used
   *   no project is known
   */
  resolve(setting: unknown, bigQuery: BigQuerySettings): ResolvedDataPolicies {
    const madeOf = JSON.stringify([setting ?? null, bigQuery]);
    if (this.#made === undefined || this.#madeOf !== madeOf) {
      this.#madeOf = madeOf;
      this.#made = resolveDataPolicies(setting);
    }
    return this.#made;
  }
}
