import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { asFailure } from '../core/failure.ts';
import { timedFailure, timedResult } from './timedResult.ts';
import type { SettingKey } from '../core/settingKeys.ts';
import { RefreshTimer, type TimedRunResult } from '../engine/refreshTimer.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { MetadataSource } from '../sources/metadataSource.ts';
import type { NextRun } from './nextRun.ts';
import { watchRunQuietly } from './runNotice.ts';
import type { Settings } from './settings.ts';

const RECONSIDERED_FOR: readonly SettingKey[] = [
  'autoRefresh',
  'interval',
  'server.startRuns',
  'bigquery.project',
  'bigquery.billingProject',
  'bigquery.credentialsFile',
  'bigquery.apiEndpoint',
];

/** Keeps the tables of the open source fresh while the workspace is open: one timer a source. */
export class BackgroundRefresh implements Disposable {
  readonly #model: TableModel;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #owned = new DisposableStore();
  #timer: RefreshTimer | undefined;
  #source: MetadataSource | undefined;

  /** @param onChange the time of the next run changed */
  constructor(model: TableModel, settings: Settings, clock: Clock, log: Log, onChange: () => void) {
    this.#model = model;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#onChange = onChange;
    this.#owned.add(model.onDidChange(() => this.#follow()));
    this.#owned.add(
      settings.onDidChange(RECONSIDERED_FOR, () => {
        this.#follow();
        this.#timer?.reconsider();
        onChange();
      }),
    );
  }

  get nextRun(): NextRun {
    const { source } = this.#model;
    if (source?.capabilities.backgroundRefresh === false) {
      if (source.server === undefined) return { kind: 'never' };
      const { decidedBy, intervalSeconds } = source.policy();
      return decidedBy === 'server' ? { kind: 'server', intervalSeconds } : { kind: 'waiting' };
    }
    if (!this.#settings.autoRefresh) return { kind: 'off' };
    const at = this.#timer?.nextRunAt;
    return at === undefined ? { kind: 'waiting' } : { kind: 'at', at };
  }

  /** A timer belongs to a source that has been read; another source gets another one. */
  #follow(): void {
    const readable = this.#model.snapshot === undefined ? undefined : this.#model.source;
    const source = readable?.capabilities.backgroundRefresh === true ? readable : undefined;
    if (source === this.#source) return;
    this.#source = source;
    this.#timer?.dispose();
    this.#timer = source === undefined ? undefined : this.#startTimer(source);
    this.#onChange();
  }

  #startTimer(source: MetadataSource): RefreshTimer {
    const timer = new RefreshTimer({
      clock: this.#clock,
      random: Math.random,
      enabled: () => this.#settings.autoRefresh && this.#mayRefresh(),
      intervalSeconds: () => source.policy().intervalSeconds,
      lastCompletedAt: () => source.lastCompletedAt(),
      run: (isStillDue) => this.#run(source, isStillDue),
      onChange: this.#onChange,
    });
    void timer.check();
    return timer;
  }

  #mayRefresh(): boolean {
    const { snapshot, counts, failure } = this.#model;
    if (failure !== undefined) return false;
    // What is of an earlier time says that the database can't be read: a run would come to nothing.
    return snapshot?.origin === 'live' && snapshot.refreshObstacle === undefined && counts.total > 0;
  }

  async #run(source: MetadataSource, isStillDue: () => Promise<boolean>): Promise<TimedRunResult> {
    try {
      const run = await source.startDueRun(isStillDue);
      if (run === undefined) return 'skipped';
      const { summary } = await watchRunQuietly(run);
      return timedResult(summary);
    } catch (error) {
      const failure = asFailure(error);
      this.#log.warn(`background refresh: ${failure.message}`);
      return timedFailure(failure.reason);
    }
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#owned.dispose();
  }
}
