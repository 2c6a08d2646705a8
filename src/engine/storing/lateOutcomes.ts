import { singleLine } from '../../core/displayText.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { Emitter } from '../../core/emitter.ts';
import { asFailure } from '../../core/failure.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import type { StorableOutcome } from '../../core/refreshOutcome.ts';
import { countChanged, recordedChanges, type RunRecord } from '../../core/runSummary.ts';
import type { TableChange } from '../../core/tableChange.ts';
import type { CancelTimer, Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { RunRecords } from '../../ports/runRecords.ts';
import type { TableStore } from '../../ports/tableStore.ts';
import type { TableEvent } from '../engineParts.ts';
import { logOutcome } from '../runLog.ts';
import { lateOutcome } from './lateOutcome.ts';
import { batchLength } from './outcomeBatcher.ts';
import { outcomeLength } from './outcomeLength.ts';
import type { SingleFlight } from '../flight/singleFlight.ts';
import type { WriteRight } from '../flight/writeRight.ts';

/** Outcomes that may wait, and characters in them: about 60 MB. What is beyond is reported as not stored. */
export const MAX_LATE_OUTCOMES = 10_000;
const MAX_LATE_LENGTH = 60_000_000;
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 60_000;
/** After a change of the file: whoever wrote may have let go. */
const WAKE_MS = 500;
/** Ids of tables that one line of the log names. */
const MAX_NAMED = 5;

export interface LateOutcomesParts {
  readonly flight: SingleFlight;
  readonly store: TableStore;
  readonly records: RunRecords;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told of each outcome that is stored after all. */
  readonly events: Emitter<TableEvent>;
}

interface Late {
  readonly outcome: StorableOutcome;
  /** Run that it belongs to; `null` for a single refresh. */
  readonly runId: string | null;
  /** Monotonic: when it began to wait. */
  readonly sinceMs: number;
}

interface StoredLate extends Late {
  readonly change: TableChange | undefined;
}

/**
 * Keeps what was fetched while somebody else held the shared file, in memory, and stores it when the file is free, under
 * the lock and behind the fence: a row that someone refreshed later stays. What still waits when the window closes is
 * reported (decisions, "The fence").
 */
export class LateOutcomes implements Disposable {
  readonly #parts: LateOutcomesParts;
  /** By table: of two, the later observation counts. */
  readonly #waiting = new Map<string, Late>();
  #length = 0;
  #pauses = 0;
  /** Monotonic times of the last attempt and of the next one. */
  #triedMs = -Infinity;
  #plannedMs = Infinity;
  #cancelTimer: CancelTimer | undefined;
  #storing: Promise<void> | undefined;
  #disposed = false;

  constructor(parts: LateOutcomesParts) {
    this.#parts = parts;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Takes outcomes that met a held file. */
  keep(outcomes: readonly StorableOutcome[], runId: string | null): void {
    const refused: string[] = [];
    const sinceMs = this.#parts.clock.monotonicMs();
    for (const outcome of outcomes) {
      const late: Late = { outcome, runId, sinceMs };
      this.#drop(outcome.tableId);
      const length = this.#length + outcomeLength(outcome);
      const isFull = this.#waiting.size >= MAX_LATE_OUTCOMES || length > MAX_LATE_LENGTH;
      if (isFull || this.#disposed) refused.push(outcome.tableId);
      else this.#add(late);
    }
    const why = this.#disposed ? 'the window closes' : 'too much waits already';
    if (refused.length > 0) this.#report(`not stored: the database is held and ${why}`, refused);
    if (this.count === 0) return;
    this.#parts.log.info(`${this.count} outcomes wait until the database is free`);
    this.#plan(FIRST_PAUSE_MS);
  }

  /** The shared file changed, so that it may be free now. */
  wake(): void {
    if (this.count === 0 || this.#storing !== undefined) return;
    // Earlier, never later, and not more often than it is tried at first: a server may write all the time.
    const nowMs = this.#parts.clock.monotonicMs();
    const atMs = Math.max(nowMs + WAKE_MS, this.#triedMs + FIRST_PAUSE_MS);
    if (atMs < this.#plannedMs) this.#plan(atMs - nowMs);
  }

  #add(late: Late): void {
    this.#waiting.set(late.outcome.tableId, late);
    this.#length += outcomeLength(late.outcome);
  }

  #drop(tableId: string): void {
    const late = this.#waiting.get(tableId);
    if (late === undefined) return;
    this.#waiting.delete(tableId);
    this.#length -= outcomeLength(late.outcome);
  }

  #plan(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#plannedMs = Infinity;
    if (this.#disposed || this.count === 0) return;
    const { clock, random } = this.#parts;
    const pauseMs = Math.floor(ms * (0.5 + random() / 2));
    this.#plannedMs = clock.monotonicMs() + pauseMs;
    this.#cancelTimer = clock.after(pauseMs, () => {
      this.#cancelTimer = undefined;
      this.#triedMs = clock.monotonicMs();
      this.#storing ??= this.#storeAll().finally(() => {
        this.#storing = undefined;
        this.#pauses += 1;
        this.#plan(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses));
      });
    });
  }

  /** Never rejects. */
  async #storeAll(): Promise<void> {
    try {
      const answer = await this.#parts.flight.take();
      // A window that refreshes now stores later answers than these.
      if (answer.kind === 'elsewhere') return;
      try {
        await this.#storeUnder(answer.right);
      } finally {
        await answer.right.release();
      }
    } catch (thrown) {
      const failure = asFailure(thrown);
      // Still held, or being replaced by the server at this moment: tried again.
      if (describeFailure(failure).mayPass || failure.reason === 'fileMissing') return;
      this.#report(`not stored: ${failure.message}`, [...this.#waiting.keys()]);
      this.#waiting.clear();
      this.#length = 0;
    }
  }

  async #storeUnder(right: WriteRight): Promise<void> {
    const { store, clock, log, events } = this.#parts;
    const stored: StoredLate[] = [];
    try {
      while (this.count > 0 && !this.#isDisposed()) {
        const waiting = [...this.#waiting.values()];
        const batch = waiting.slice(0, batchLength(waiting));
        const outcomes = batch.map(({ outcome }) => outcome);
        const answers = await right.write((underLock) =>
          store.storeOutcomes(outcomes, { underLock, quick: true }),
        );
        const nowMs = clock.monotonicMs();
        this.#pauses = 0;
        log.info(`stored ${batch.length} outcomes that had waited`);
        batch.forEach((late, index) => {
          // A later observation of the table may have come in meanwhile.
          if (this.#waiting.get(late.outcome.tableId) === late) this.#drop(late.outcome.tableId);
          const answer = answers[index];
          if (answer === undefined) return;
          if (answer.result !== 'registrationChanged') stored.push({ ...late, change: answer.change });
          const outcome = lateOutcome(late.outcome, answer, nowMs - late.sinceMs);
          logOutcome(log, late.runId, outcome);
          events.fire({ kind: 'tableSettled', outcome });
        });
      }
    } finally {
      await this.#amendRecords(stored, right.state !== 'lost');
    }
  }

  /** What was stored late is no failure of its run any more, and a run that is complete by it need not be repeated. */
  async #amendRecords(stored: readonly StoredLate[], mayWrite: boolean): Promise<void> {
    const { records } = this.#parts;
    const byRun = Map.groupBy(stored, ({ runId }) => runId);
    for (const [runId, lates] of byRun) {
      const record = (await records.read()).findLast(({ summary }) => summary.runId === runId);
      if (record !== undefined) await records.append(amended(record, lates), mayWrite);
    }
  }

  #report(what: string, tableIds: readonly string[]): void {
    const named = tableIds.slice(0, MAX_NAMED).map((id) => singleLine(id, 100));
    const more = tableIds.length > named.length ? ', …' : '';
    this.#parts.log.warn(`${tableIds.length} outcomes ${what} (${named.join(', ')}${more})`);
  }

  /** A call, because the compiler takes a field's value for settled across an await. */
  #isDisposed(): boolean {
    return this.#disposed;
  }

  /** Settles when nothing is being stored. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#cancelTimer?.();
    if (this.count > 0) this.#report('were not stored before the window closed', [...this.#waiting.keys()]);
  }
}

function amended(record: RunRecord, lates: readonly StoredLate[]): RunRecord {
  const { summary } = record;
  const count = Math.min(lates.length, summary.notStored);
  const succeeded = Math.min(count, lates.filter(({ outcome }) => outcome.observation.kind === 'ok').length);
  const notStored = summary.notStored - count;
  const storedIds = new Set(lates.map(({ outcome }) => outcome.tableId));
  const changes = lates.flatMap(({ outcome: { tableId }, change }) =>
    change === undefined ? [] : { tableId, change },
  );
  return {
    ...record,
    summary: {
      ...summary,
      succeeded: summary.succeeded + succeeded,
      // What failed in BigQuery has failed still, and says so in its row now.
      failed: summary.failed - succeeded,
      notStored,
      endedBy: notStored === 0 && summary.endedBy === 'fileBusy' ? null : summary.endedBy,
    },
    failures: record.failures.filter(
      ({ tableId, reason }) => reason !== 'notStored' || !storedIds.has(tableId),
    ),
    ...recordedChanges([...record.changes, ...changes], countChanged(record) + changes.length),
  };
}
