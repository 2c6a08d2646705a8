import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { ServerStatusRow } from '../../ports/agnesServer.ts';
import type { ShownTables } from './joinAnswers.ts';
import { outcomeOfStatus } from './serverOutcomes.ts';

/** Which tables a run of the server has passed, as one status after the other tells it. None is passed twice. */
export class TablePasses {
  readonly #tables: ShownTables;
  readonly #passed = new Map<string, RefreshOutcome>();
  #startedAt: EpochMicros;
  /** Outcomes that stood there when the run began, with a time that had not come yet: they are no answers of this run. */
  #early = new Map<string, RefreshOutcome>();

  /** @param startedAt by the server's clock */
  constructor(tables: ShownTables, startedAt: EpochMicros) {
    this.#tables = tables;
    this.#startedAt = startedAt;
  }

  get total(): number {
    return this.#tables.size;
  }

  /** Never above the total. */
  get count(): number {
    return this.#passed.size;
  }

  get outcomes(): readonly RefreshOutcome[] {
    return [...this.#passed.values()];
  }

  /** What became of a table in this run; `undefined` while it has not passed. */
  outcomeOf(tableId: string): RefreshOutcome | undefined {
    return this.#passed.get(tableId);
  }

  /** The status from before the run. */
  leaveOut(rows: readonly ServerStatusRow[]): void {
    this.#early = new Map(this.#outcomesIn(rows));
  }

  /** It is another run, which began at another time. What has passed has passed. */
  restart(startedAt: EpochMicros): void {
    this.#startedAt = startedAt;
    this.#early.clear();
  }

  /** @returns the tables that passed since the last time */
  take(rows: readonly ServerStatusRow[]): readonly RefreshOutcome[] {
    const passed: RefreshOutcome[] = [];
    for (const [id, outcome] of this.#outcomesIn(rows)) {
      if (isSame(outcome, this.#early.get(id))) continue;
      this.#passed.set(id, outcome);
      passed.push(outcome);
    }
    return passed;
  }

  /** Of tables that have not passed. */
  *#outcomesIn(rows: readonly ServerStatusRow[]): Iterable<[string, RefreshOutcome]> {
    for (const row of rows) {
      const table = this.#passed.has(row.tableId) ? undefined : this.#tables.get(row.tableId);
      const outcome = table === undefined ? undefined : outcomeOfStatus(table, row, this.#startedAt);
      if (outcome !== undefined) yield [row.tableId, outcome];
    }
  }
}

function isSame(outcome: RefreshOutcome, early: RefreshOutcome | undefined): boolean {
  if (early === undefined || !('observedAt' in early) || !('observedAt' in outcome)) return false;
  return early.status === outcome.status && early.observedAt === outcome.observedAt;
}
