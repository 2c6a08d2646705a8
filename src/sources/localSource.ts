import type { TableDetails, TableInspection } from '../core/cachedMetadata.ts';
import { Emitter, type Event } from '../core/emitter.ts';
import type { AgnesFailure } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { EpochMicros } from '../core/time.ts';
import { isCompleted, type RunRecord } from '../core/runSummary.ts';
import { parseFullyQualifiedName, resolveAddress, type TableAddress } from '../core/tableAddress.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { Disposable } from '../core/disposable.ts';
import type { RefreshSetup, TableEvent } from '../engine/engineParts.ts';
import { RefreshEngine, type IsStillDue, type StartedRun } from '../engine/refreshEngine.ts';
import type { WaitingFor } from '../engine/refreshOneTable.ts';
import type { RunOptions } from '../engine/refreshRun.ts';
import type { WatchedRun } from '../engine/watchedRun.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { EarlierCatalogs } from '../ports/earlierCatalogs.ts';
import type { Log } from '../ports/log.ts';
import type { RunBoard } from '../ports/runBoard.ts';
import type { RunLock } from '../ports/runLock.ts';
import type { RunRecords } from '../ports/runRecords.ts';
import type { AccessOptions, TableStore } from '../ports/tableStore.ts';
import { inspectTable } from './inspectTable.ts';
import type { TableMemory } from './memory/tableMemory.ts';
import type {
  FreshnessPolicy,
  MetadataSource,
  SourceCapabilities,
  SourceSnapshot,
} from './metadataSource.ts';

export interface LocalSourceParts {
  /** Real path of the shared file: its identity (decisions). */
  readonly realPath: string;
  readonly label: string;
  /** The background timer keeps it fresh. */
  readonly backgroundRefresh: boolean;
  readonly store: TableStore;
  readonly earlier: EarlierCatalogs;
  readonly memory: TableMemory;
  readonly lock: RunLock;
  readonly board: RunBoard;
  readonly records: RunRecords;
  /** Name of this window, for the others and for the history. */
  readonly window: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly policy: () => Pick<FreshnessPolicy, 'intervalSeconds' | 'thresholdSeconds'>;
  /** Throws an `AgnesFailure` where a setting is not usable. */
  readonly prepare: () => RefreshSetup;
  /** Tells of changes to the file until it is disposed. */
  readonly watch: (onChange: () => void) => Disposable;
  /** What else ends with the source, such as the sample's stand-in. */
  readonly owned: Disposable;
}

/** Names the local source of a file: the real path is the file's identity. */
export function localSourceId(realPath: string): string {
  return `file:${realPath}`;
}

/** The local source: the engine over the shared DuckDB file and BigQuery. */
export class LocalSource implements MetadataSource {
  readonly capabilities: SourceCapabilities;
  readonly server = undefined;
  readonly id: string;
  readonly label: string;
  readonly memory: TableMemory;
  readonly onRunStarted: Event<WatchedRun>;
  readonly onTableEvent: Event<TableEvent>;
  readonly onFlightUnavailable: Event<AgnesFailure>;
  readonly #changed = new Emitter<void>();
  readonly onChangedByOthers = this.#changed.event;
  readonly #watch: Disposable;
  readonly #parts: LocalSourceParts;
  readonly #engine: RefreshEngine;

  constructor(parts: LocalSourceParts) {
    this.#parts = parts;
    this.id = localSourceId(parts.realPath);
    this.label = parts.label;
    this.memory = parts.memory;
    this.capabilities = {
      backgroundRefresh: parts.backgroundRefresh,
      dataset: true,
      folder: true,
      documentation: true,
      lastModified: true,
      columnTypes: true,
      refresh: true,
    };
    this.#engine = new RefreshEngine(parts);
    this.#watch = parts.watch(() => {
      this.#engine.fileChanged();
      this.#changed.fire();
    });
    this.onRunStarted = this.#engine.onRunStarted;
    this.onTableEvent = this.#engine.onTableEvent;
    this.onFlightUnavailable = this.#engine.onFlightUnavailable;
  }

  get currentRun(): WatchedRun | undefined {
    return this.#engine.currentRun;
  }

  get tablesElsewhere(): Iterable<string> {
    return this.#engine.tablesElsewhere;
  }

  async load(options?: AccessOptions): Promise<SourceSnapshot> {
    const catalog = await this.#parts.store.readCatalog(options);
    this.#parts.earlier.keep(catalog);
    const { readAt, rows, writeObstacle } = catalog;
    return { origin: 'live', readAt, rows, refreshObstacle: writeObstacle };
  }

  async lastKnown(laterThan?: EpochMicros, signal?: AbortSignal): Promise<SourceSnapshot | undefined> {
    const found = await this.#parts.earlier.latest(laterThan, signal);
    if (found === undefined) return undefined;
    const { readAt, rows } = found.catalog;
    return { origin: found.origin, readAt, rows, refreshObstacle: undefined };
  }

  async settled(): Promise<void> {
    await Promise.all([this.#engine.settled(), this.#parts.earlier.flush(), this.memory.flush()]);
  }

  details(tableId: string, signal?: AbortSignal): Promise<TableDetails | null> {
    return this.#parts.store.readDetails(tableId, signal);
  }

  descriptions(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    return this.#parts.store.readDescriptions(signal);
  }

  /** With the columns of tables that have an access policy: they are for the UI to hide. */
  inspect(registration: TableRegistration, signal: AbortSignal): Promise<TableInspection> {
    return inspectTable(registration, this.#parts, signal);
  }

  addressOf(registration: TableRegistration): TableAddress | undefined {
    // Known also where a setting is not usable.
    const physical = parseFullyQualifiedName(registration.bqFqn);
    if (physical !== undefined) return physical;
    const resolution = resolveAddress(registration, this.#configuredProject());
    return resolution.kind === 'address' ? resolution.address : undefined;
  }

  /** `undefined` also where a setting is not usable, which a refresh says. */
  #configuredProject(): string | undefined {
    try {
      return this.#parts.prepare().project;
    } catch {
      return undefined;
    }
  }

  policy(): FreshnessPolicy {
    const { intervalSeconds, thresholdSeconds } = this.#parts.policy();
    return { intervalSeconds, thresholdSeconds, clockOffset: 0n, decidedBy: 'settings' };
  }

  startRun(options: RunOptions): Promise<StartedRun> {
    return this.#engine.startRun(options);
  }

  startDueRun(isStillDue: IsStillDue): Promise<WatchedRun | undefined> {
    return this.#engine.startDueRun(isStillDue);
  }

  cancel(): void {
    this.#engine.cancel();
  }

  refreshTable(
    tableId: string,
    signal: AbortSignal,
    onWaiting?: (what: WaitingFor) => void,
  ): Promise<RefreshOutcome> {
    return this.#engine.refreshTable(tableId, signal, onWaiting);
  }

  runs(): Promise<readonly RunRecord[]> {
    return this.#parts.records.read();
  }

  async lastCompletedAt(): Promise<EpochMicros | undefined> {
    return (await this.runs()).findLast(({ summary }) => isCompleted(summary))?.endedAt;
  }

  dispose(): void {
    this.#watch.dispose();
    this.#changed.dispose();
    this.#engine.dispose();
    void this.#parts.earlier.flush();
    void this.memory.flush();
    this.#parts.owned.dispose();
  }
}
