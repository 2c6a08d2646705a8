import type { TableDetails } from '../core/cachedMetadata.ts';
import { Emitter, type Event } from '../core/emitter.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { RunRecord } from '../core/runSummary.ts';
import type { Disposable } from '../core/disposable.ts';
import type { RefreshSetup, TableEvent } from '../engine/engineParts.ts';
import { RefreshEngine } from '../engine/refreshEngine.ts';
import type { RunOptions } from '../engine/refreshRun.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { RunRecords } from '../ports/runRecords.ts';
import type { TableStore } from '../ports/tableStore.ts';
import type {
  FreshnessPolicy,
  MetadataSource,
  SourceCapabilities,
  SourceSnapshot,
  WatchedRun,
} from './metadataSource.ts';

export interface LocalSourceParts {
  /** Real path of the shared file: its identity (decisions). */
  readonly realPath: string;
  readonly label: string;
  readonly capabilities: SourceCapabilities;
  readonly store: TableStore;
  readonly records: RunRecords;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly policy: () => FreshnessPolicy;
  /** Throws an `AgnesFailure` where a setting is not usable. */
  readonly prepare: () => RefreshSetup;
  /** Tells of changes to the file until it is disposed. */
  readonly watch: (onChange: () => void) => Disposable;
  /** What else ends with the source, such as the sample's stand-in. */
  readonly owned: Disposable;
}

/** The local source: the engine over the shared DuckDB file and BigQuery. */
export class LocalSource implements MetadataSource {
  readonly capabilities: SourceCapabilities;
  readonly id: string;
  readonly label: string;
  readonly onRunStarted: Event<WatchedRun>;
  readonly onTableEvent: Event<TableEvent>;
  readonly #changed = new Emitter<void>();
  readonly onChangedByOthers = this.#changed.event;
  readonly #watch: Disposable;
  readonly #parts: LocalSourceParts;
  readonly #engine: RefreshEngine;

  constructor(parts: LocalSourceParts) {
    this.#parts = parts;
    this.id = `file:${parts.realPath}`;
    this.label = parts.label;
    this.capabilities = parts.capabilities;
    this.#watch = parts.watch(() => this.#changed.fire());
    this.#engine = new RefreshEngine(parts);
    this.onRunStarted = this.#engine.onRunStarted;
    this.onTableEvent = this.#engine.onTableEvent;
  }

  get currentRun(): WatchedRun | undefined {
    return this.#engine.currentRun;
  }

  async load(signal?: AbortSignal): Promise<SourceSnapshot> {
    const { readAt, rows, writeObstacle } = await this.#parts.store.readCatalog(signal);
    return { readAt, rows, refreshObstacle: writeObstacle };
  }

  details(tableId: string, signal?: AbortSignal): Promise<TableDetails | null> {
    return this.#parts.store.readDetails(tableId, signal);
  }

  policy(): FreshnessPolicy {
    return this.#parts.policy();
  }

  startRun(options: RunOptions): Promise<{ readonly run: WatchedRun; readonly joined: boolean }> {
    return Promise.resolve(this.#engine.startRun(options));
  }

  cancel(): void {
    this.#engine.cancel();
  }

  refreshTable(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    return this.#engine.refreshTable(tableId, signal);
  }

  runs(): Promise<readonly RunRecord[]> {
    return this.#parts.records.read();
  }

  dispose(): void {
    this.#watch.dispose();
    this.#changed.dispose();
    this.#engine.dispose();
    this.#parts.owned.dispose();
  }
}
