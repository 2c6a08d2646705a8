import * as l10n from '@vscode/l10n';
import type { Disposable } from '../core/disposable.ts';
import { DisposableStore } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { asFailure, type AgnesFailure } from '../core/failure.ts';
import { NO_DATA_POLICIES, type DataPolicies, type FindAddress } from '../core/dataFreshness.ts';
import { describeFailure } from '../core/failureTexts.ts';
import { countFreshness, lastLookAt, type FreshnessCounts } from '../core/freshness.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { RunRecord } from '../core/runSummary.ts';
import { MICROS_PER_MS, type EpochMicros } from '../core/time.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { AccessOptions, CatalogRow } from '../ports/tableStore.ts';
import type { WatchedRun } from '../engine/watchedRun.ts';
import { judgeRow, judgeRows, recount, sameTables, sameView, type JudgedBy } from './judging.ts';
import type { TableMemory } from './memory/tableMemory.ts';
import type { MetadataSource, SourceSnapshot, SourceTableEvent } from './metadataSource.ts';
import { applyOutcome, type TableView, type UnstoredAttempt } from './tableView.ts';

/** Longest wait before colours are judged again by the wall clock, which a sleeping machine moves behind our back. */
const MAX_JUDGE_WAIT_MS = 30_000;

/** What changed, so that only that is drawn again. */
export type ModelChange =
  /** Rows came or went, or the source itself changed. */
  | { readonly kind: 'all' }
  | { readonly kind: 'tables'; readonly ids: readonly string[] }
  /** A run started, moved on or ended; the source failed or recovered. */
  | { readonly kind: 'status' };

/**
 * The one place that holds the latest snapshot and what is being refreshed. Tree, decorations and status bar read it
 * synchronously and keep no copy, so they can't disagree.
 */
export class TableModel implements Disposable {
  readonly #clock: Clock;
  readonly #change = new Emitter<ModelChange>();
  readonly onDidChange = this.#change.event;
  #source: MetadataSource | undefined;
  #sourceSubscriptions = new DisposableStore();
  #rows = new Map<string, CatalogRow>();
  #views = new Map<string, TableView>();
  #counts: FreshnessCounts = countFreshness([]);
  readonly #refreshing = new Set<string>();
  readonly #unstored = new Map<string, UnstoredAttempt>();
  #snapshot: SourceSnapshot | undefined;
  #failure: AgnesFailure | undefined;
  #failedLabel: string | undefined;
  #runs: readonly RunRecord[] = [];
  /** Rows that this window stored since the reading that is under way began: that reading may not have seen them. */
  readonly #storedWhileLoading = new Map<string, CatalogRow>();
  #disposed = false;
  #loading: Promise<void> | undefined;
  #loadAgain: Promise<void> | undefined;
  /** A person is among those who want the reading after this one. */
  #isAskedAgain = false;
  #cancelJudge: CancelTimer | undefined;
  readonly #dataPolicies: () => DataPolicies;
  /** Another function with each source, for policies are found by addresses. */
  #findAddress: FindAddress = () => undefined;
  /** The model tells the memory of something, and draws what comes of it by itself. */
  #isObserving = false;

  /** @param dataPolicies asked each time */
  constructor(clock: Clock, dataPolicies: () => DataPolicies = () => NO_DATA_POLICIES) {
    this.#clock = clock;
    this.#dataPolicies = dataPolicies;
  }

  get source(): MetadataSource | undefined {
    return this.#source;
  }

  /** Now, by the clock that decides freshness: a server's own, where there is one. */
  now(): EpochMicros {
    return this.#clock.now() + (this.#source?.policy().clockOffset ?? 0n);
  }

  /** In the source's order. */
  get tables(): Iterable<TableView> {
    return this.#views.values();
  }

  table(id: string): TableView | undefined {
    return this.#views.get(id);
  }

  get counts(): FreshnessCounts {
    return this.#counts;
  }

  get currentRun(): WatchedRun | undefined {
    return this.#source?.currentRun;
  }

  /** Whether anything is being refreshed, a run or a single table. */
  get isRefreshing(): boolean {
    return this.currentRun !== undefined || this.#refreshing.size > 0;
  }

  /** What is shown: not live where the latest load failed. `undefined` until there is anything to show. */
  get snapshot(): SourceSnapshot | undefined {
    return this.#snapshot;
  }

  /** Why the latest load failed; the snapshot, if there is one, is then of an earlier time. */
  get failure(): AgnesFailure | undefined {
    return this.#failure;
  }

  /** Ended runs as they were last read, oldest first; a `status` change tells of others. */
  get runs(): readonly RunRecord[] {
    return this.#runs;
  }

  get lastRun(): RunRecord | undefined {
    return this.#runs.at(-1);
  }

  /** What is shown, or was to be: a path or a name. */
  get label(): string | undefined {
    return this.#source?.label ?? this.#failedLabel;
  }

  /** Puts another source in place (and disposes the one before), or none, with what could not be opened and why. */
  setSource(
    source: MetadataSource | undefined,
    failed?: { readonly failure: AgnesFailure; readonly label: string },
  ): void {
    if (this.#disposed) {
      source?.dispose(); // it came while the window was closing
      return;
    }
    this.#sourceSubscriptions.dispose();
    this.#sourceSubscriptions = new DisposableStore();
    this.#source?.dispose();
    this.#source = source;
    this.#findAddress = (registration) => source?.addressOf(registration);
    this.#failure = failed?.failure;
    this.#failedLabel = failed?.label;
    this.#snapshot = undefined;
    this.#runs = [];
    this.#loading = undefined;
    this.#loadAgain = undefined;
    this.#isAskedAgain = false;
    this.#rows = new Map();
    this.#views = new Map();
    this.#counts = countFreshness([]);
    this.#refreshing.clear();
    this.#unstored.clear();
    if (source !== undefined) {
      this.#sourceSubscriptions.add(source.onRunStarted((run) => this.#watchRun(run)));
      this.#sourceSubscriptions.add(source.onTableEvent((event) => this.#onTableEvent(event)));
      this.#sourceSubscriptions.add(source.memory.onDidChange((ids) => this.#onRemembered(ids)));
      // What another window had begun before anybody listened here.
      for (const id of source.tablesElsewhere) this.#refreshing.add(id);
      if (source.currentRun !== undefined) this.#watchRun(source.currentRun);
    }
    this.#change.fire({ kind: 'all' });
    void source?.memory.load();
  }

  /**
   * Reads the source anew. Who asks while a reading is under way gets the one after it: the first may have begun before
   * what this caller wants to see. Never rejects: a failure is in `failure`.
   */
  load(options?: AccessOptions): Promise<void> {
    const source = this.#source;
    if (source === undefined) return Promise.resolve();
    if (this.#loading !== undefined) {
      this.#isAskedAgain ||= options?.asked === true;
      this.#loadAgain ??= this.#loading.then(() => {
        const asked = this.#isAskedAgain;
        this.#isAskedAgain = false;
        return this.load(asked ? { signal: options?.signal, asked } : options);
      });
      return this.#loadAgain;
    }
    const loading = this.#load(source, options).finally(() => {
      if (this.#loading !== loading) return;
      this.#loading = undefined;
      this.#loadAgain = undefined;
    });
    this.#loading = loading;
    return loading;
  }

  async #load(source: MetadataSource, options?: AccessOptions): Promise<void> {
    let snapshot: SourceSnapshot | undefined;
    let failure: AgnesFailure | undefined;
    this.#storedWhileLoading.clear();
    try {
      snapshot = await source.load(options);
    } catch (error) {
      failure = asFailure(error);
    }
    const [runs, lastKnown] = await Promise.all([source.runs(), this.#lastKnown(source, failure)]);
    if (this.#source !== source || this.#disposed) return; // late: another source is shown by now
    this.#failure = failure;
    this.#runs = runs;
    if (snapshot !== undefined) this.#show(snapshot, this.#storedWhileLoading);
    // Rows that this window stored later than that stay: what is on screen does not go back in time.
    else if (lastKnown !== undefined) this.#show(lastKnown, this.#rows);
    this.#storedWhileLoading.clear();
    this.#change.fire({ kind: 'status' });
  }

  /** What is later than what is shown, while the source itself can't be read. */
  async #lastKnown(
    source: MetadataSource,
    failure: AgnesFailure | undefined,
  ): Promise<SourceSnapshot | undefined> {
    const isLate = this.#source !== source || this.#disposed;
    if (isLate || failure === undefined || !describeFailure(failure).mayPass) return undefined;
    return source.lastKnown(this.#snapshot?.readAt);
  }

  /** @param stored rows by id that this window may have stored since, and that then count */
  #show(snapshot: SourceSnapshot, stored: ReadonlyMap<string, CatalogRow>): void {
    const before = this.#rows;
    this.#snapshot = snapshot;
    this.#rows = new Map(snapshot.rows.map((row) => [row.registration.id, newerOf(row, stored)]));
    this.#forgetSettledAttempts();
    if (snapshot.origin === 'live') {
      const read = snapshot.rows.map((row) =>
        // What this window stored meanwhile was observed when it was, and the reading is of before it.
        this.#rows.get(row.registration.id) === row ? row : { ...row, cached: null },
      );
      this.#observe((memory) => memory.observeCatalog(read, snapshot.changes));
    }
    const changed = this.#judge();
    const isSame = sameTables(before, this.#rows);
    this.#change.fire(isSame ? { kind: 'tables', ids: changed } : { kind: 'all' });
  }

  #observe(tell: (memory: TableMemory) => void): void {
    const { source } = this;
    if (source === undefined) return;
    this.#isObserving = true;
    try {
      tell(source.memory);
    } finally {
      this.#isObserving = false;
    }
  }

  /** The memory was read, or another window's was. */
  #onRemembered(ids: readonly string[]): void {
    if (this.#isObserving) return;
    const by = this.#judgedBy();
    const changed: string[] = [];
    for (const id of ids) {
      const [row, old] = [this.#rows.get(id), this.#views.get(id)];
      if (row === undefined || old === undefined) continue;
      const view = judgeRow(row, by);
      if (sameView(old, view)) continue;
      this.#views.set(id, view);
      changed.push(id);
    }
    if (changed.length > 0) this.#change.fire({ kind: 'tables', ids: changed });
  }

  /** An attempt that was not stored is history once someone's later one is. */
  #forgetSettledAttempts(): void {
    for (const [id, attempt] of this.#unstored) {
      const row = this.#rows.get(id);
      if (row === undefined || lastLookAt(row.cached) >= attempt.at) this.#unstored.delete(id);
    }
  }

  /** Judges every row by the clock. @returns the ids of the rows that look different now */
  #judge(): readonly string[] {
    const by = this.#judgedBy();
    const { views, counts, changed, nextStale } = judgeRows(this.#rows, this.#views, by);
    this.#views = views;
    this.#counts = counts;
    this.#judgeAgain(nextStale, by.now);
    return changed;
  }

  #judgedBy(): JudgedBy {
    const { source } = this;
    const policies = this.#dataPolicies();
    return {
      now: this.now(),
      thresholdSeconds: source?.policy().thresholdSeconds ?? 0n,
      refreshing: this.#refreshing,
      unstored: this.#unstored,
      facts: (tableId) => source?.memory.facts(tableId),
      dataPolicy: (registration) => policies.of(registration, this.#findAddress),
    };
  }

  /**
   * A row turns stale by itself: at that moment, not at the next click, its colour changes. Data that passes a limit and a
   * change that is news no more show within half a minute.
   */
  #judgeAgain(nextStale: EpochMicros | undefined, now: EpochMicros): void {
    this.#cancelJudge?.();
    this.#cancelJudge = undefined;
    if (this.#rows.size === 0) return;
    const untilStaleMs =
      nextStale === undefined ? MAX_JUDGE_WAIT_MS : Number((nextStale - now) / MICROS_PER_MS) + 1;
    this.#cancelJudge = this.#clock.after(Math.min(MAX_JUDGE_WAIT_MS, untilStaleMs), () => this.judgeNow());
  }

  /** Judges every row now: also when a setting that decides the colours changed. */
  judgeNow(): void {
    const changed = this.#judge();
    if (changed.length > 0) this.#change.fire({ kind: 'tables', ids: changed });
    this.#change.fire({ kind: 'status' });
  }

  #onTableEvent(event: SourceTableEvent): void {
    if (event.kind === 'tablesSettled') {
      this.#settleAll(event.outcomes);
      return;
    }
    const id = event.kind === 'tableSettled' ? event.outcome.tableId : event.tableId;
    if (event.kind === 'tableStarted') this.#refreshing.add(id);
    else if (event.kind === 'tableLeft') this.#refreshing.delete(id);
    else this.#settle(event.outcome);
    const row = this.#rows.get(id);
    if (row === undefined) return;
    const old = this.#views.get(id);
    const view = judgeRow(row, this.#judgedBy());
    this.#views.set(id, view);
    this.#counts = recount(this.#counts, old, view);
    this.#change.fire({ kind: 'tables', ids: [id] });
  }

  /** As one change: each by itself, thousands of them would block whoever draws. */
  #settleAll(outcomes: readonly RefreshOutcome[]): void {
    const by = this.#judgedBy();
    const ids: string[] = [];
    for (const outcome of outcomes) {
      const { tableId } = outcome;
      this.#settle(outcome);
      const row = this.#rows.get(tableId);
      if (row === undefined) continue;
      this.#views.set(tableId, judgeRow(row, by));
      ids.push(tableId);
    }
    if (ids.length === 0) return;
    this.#counts = countFreshness(this.#views.values());
    this.#change.fire({ kind: 'tables', ids });
  }

  #settle(outcome: RefreshOutcome): void {
    const { tableId } = outcome;
    this.#refreshing.delete(tableId);
    const row = this.#rows.get(tableId);
    if (row === undefined || !('stored' in outcome)) return;
    if (outcome.stored === 'stored' || outcome.stored === 'superseded') this.#unstored.delete(tableId);
    else {
      const message =
        outcome.status === 'ok' ? l10n.t('The new numbers could not be saved.') : outcome.message;
      const unsaved = outcome.stored === 'registrationChanged' ? 'registrationChanged' : 'notStored';
      const reason = outcome.status === 'ok' ? unsaved : (outcome.reason ?? 'tableNotFound');
      this.#unstored.set(tableId, { at: outcome.observedAt, message, reason });
    }
    const settled = { ...row, cached: applyOutcome(row.cached, outcome) };
    this.#rows.set(tableId, settled);
    this.#observe((memory) => memory.observeOutcome(outcome, settled));
    const isLoading = this.#loading !== undefined;
    if (outcome.stored === 'stored' && isLoading) this.#storedWhileLoading.set(tableId, settled);
  }

  #watchRun(run: WatchedRun): void {
    const source = this.#source;
    const progress = run.onProgress(() => this.#change.fire({ kind: 'status' }));
    this.#change.fire({ kind: 'status' });
    void run.result.then(async () => {
      progress.dispose();
      if (this.#source !== source || this.#disposed) return;
      this.#change.fire({ kind: 'status' }); // it is over, even if the file can't be read at once
      // The run read and wrote the file: what others did meanwhile shows too.
      await this.load();
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelJudge?.();
    this.#sourceSubscriptions.dispose();
    this.#source?.dispose();
    this.#change.dispose();
  }
}

function newerOf(read: CatalogRow, storedRows: ReadonlyMap<string, CatalogRow>): CatalogRow {
  const stored = storedRows.get(read.registration.id);
  const isNewer = stored !== undefined && lastLookAt(stored.cached) > lastLookAt(read.cached);
  return isNewer ? { ...read, cached: stored.cached } : read;
}
