import type { TableDetails, TableInspection } from '../../core/cachedMetadata.ts';
import type { Disposable } from '../../core/disposable.ts';
import { Emitter, type Event } from '../../core/emitter.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { RunRecord } from '../../core/runSummary.ts';
import { parseFullyQualifiedName, type TableAddress } from '../../core/tableAddress.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { IsStillDue, StartedRun } from '../../engine/refreshEngine.ts';
import type { RunOptions } from '../../engine/refreshRun.ts';
import type { WatchedRun } from '../../engine/watchedRun.ts';
import type { AgnesServer } from '../../ports/agnesServer.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { EarlierCatalogs } from '../../ports/earlierCatalogs.ts';
import type { Log } from '../../ports/log.ts';
import type { RunRecords } from '../../ports/runRecords.ts';
import type { AccessOptions } from '../../ports/tableStore.ts';
import type { TableMemory } from '../memory/tableMemory.ts';
import type {
  FreshnessPolicy,
  MetadataSource,
  ServerAccount,
  ServerInfo,
  SourceCapabilities,
  SourceSnapshot,
  SourceTableEvent,
} from '../metadataSource.ts';
import { AdminRights } from './adminRights.ts';
import { lastCompletion } from './lastCompletion.ts';
import { isOfWhoAsks } from './lastingFailures.ts';
import { RemoteRuns } from './remoteRuns.ts';
import { RereadTimer } from './rereadTimer.ts';
import { changesSince } from './refreshChange.ts';
import { ServerReadings } from './serverReadings.ts';
import { ServerRequests } from './serverRequests.ts';
import { TableRefreshes, type OnWaiting } from './tableRefreshes.ts';

export interface RemoteSourceParts {
  /** Names the source over restarts: `server:` and origin, with what else tells two connections apart. */
  readonly id: string;
  /** Host, for people. */
  readonly label: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** By `GET /api/version`; untrusted text. */
  readonly version: string | undefined;
  readonly server: AgnesServer;
  /** Asked each time: a token may be replaced by a newer one. */
  readonly account: () => ServerAccount | undefined;
  readonly earlier: EarlierCatalogs;
  readonly memory: TableMemory;
  readonly records: RunRecords;
  /** Name of this window, for the history. */
  readonly window: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The server is read again in the background; asked each time. */
  readonly rereads: () => boolean;
  /** The timer may start runs; asked each time. */
  readonly startsRuns: () => boolean;
  /** What counts until the server has answered, where nothing is known of an earlier time either. */
  readonly defaultPolicy: () => Pick<FreshnessPolicy, 'intervalSeconds' | 'thresholdSeconds'>;
  /** What else ends with the source. */
  readonly owned: Disposable;
}

/** The remote source: an Agnes server over its API, as one signed-in user. Times of rows and runs are by its clock. */
export class RemoteSource implements MetadataSource {
  readonly id: string;
  readonly label: string;
  readonly memory: TableMemory;
  readonly tablesElsewhere: Iterable<string> = [];
  readonly onRunStarted: Event<WatchedRun>;
  readonly #tableEvents = new Emitter<SourceTableEvent>();
  readonly onTableEvent = this.#tableEvents.event;
  /** Never fires: there is no single flight on this side. */
  readonly onFlightUnavailable = new Emitter<AgnesFailure>().event;
  readonly #changed = new Emitter<void>();
  readonly onChangedByOthers = this.#changed.event;
  readonly #parts: RemoteSourceParts;
  readonly #requests: ServerRequests;
  readonly #rights: AdminRights;
  readonly #readings: ServerReadings;
  readonly #reread: RereadTimer;
  readonly #refreshes: TableRefreshes;
  readonly #runs: RemoteRuns;

  constructor(parts: RemoteSourceParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.id = parts.id;
    this.label = parts.label;
    this.memory = parts.memory;
    const server = new ServerRequests(parts.server);
    this.#requests = server;
    this.#rights = new AdminRights(server, clock, log);
    this.#readings = new ServerReadings({
      ...{ server, clock },
      rights: this.#rights,
      onLateRegistry: () => this.#changed.fire(),
    });
    this.#reread = new RereadTimer({
      clock,
      enabled: parts.rereads,
      isBusy: () => this.currentRun !== undefined,
      onDue: () => this.#changed.fire(),
    });
    const shared = {
      ...{ server, clock, log, events: this.#tableEvents },
      serverNow: () => this.#readings.serverNow(),
      isReadOnly: () => this.#rights.isReadOnly,
      onRefused: () => this.#onRefused(),
    };
    this.#refreshes = new TableRefreshes({
      ...shared,
      shown: (tableId) => this.#readings.latest?.tables.get(tableId),
      onSettled: () => this.#onSettled(),
      byRun: (tableId, signal, onWaiting) => this.#runs.outcomeByRun(tableId, signal, onWaiting),
    });
    this.#runs = new RemoteRuns({
      ...shared,
      ...{ records: parts.records, random: parts.random, window: parts.window, refreshes: this.#refreshes },
      tables: async (signal) => (this.#readings.latest ?? (await this.#readings.load(signal))).tables,
      mayStartDueRuns: () => this.capabilities.backgroundRefresh,
    });
    this.onRunStarted = this.#runs.onStarted;
  }

  get capabilities(): SourceCapabilities {
    const { isReadOnly, isAdministrator, registry } = this.#rights;
    const isRegistryKnown = registry !== undefined;
    return {
      refresh: !isReadOnly,
      dataset: isRegistryKnown,
      folder: isRegistryKnown,
      documentation: isRegistryKnown,
      backgroundRefresh: isAdministrator && this.#parts.startsRuns(),
      // The API has neither (contract, 6.4 and 7.1).
      lastModified: false,
      columnTypes: false,
    };
  }

  get server(): ServerInfo {
    const { origin, version, account } = this.#parts;
    const ofRun = this.#rights.registry?.size ?? 0;
    const shown = this.#readings.latest?.tables.size ?? 0;
    return { origin, version, account: account(), tablesOfRun: ofRun > shown ? ofRun : undefined };
  }

  get currentRun(): WatchedRun | undefined {
    return this.#runs.current;
  }

  async load(options?: AccessOptions): Promise<SourceSnapshot> {
    try {
      const isAsked = options?.asked === true && options.quick !== true;
      const before = this.#readings.latest?.tables;
      const { tables, rule, durationMs } = await this.#readings.load(options?.signal, isAsked);
      const readAt = this.#parts.clock.now();
      const rows = Array.from(tables.values(), ({ row }) => row);
      this.#parts.earlier.keep({ readAt, rows, writeObstacle: undefined, policy: rule });
      this.#reread.planAfter(durationMs);
      const refreshObstacle = this.#rights.isReadOnly ? new AgnesFailure('adminOnly') : undefined;
      return { origin: 'live', readAt, rows, refreshObstacle, changes: changesSince(before, tables) };
    } catch (error) {
      const failure = asFailure(error);
      if (failure.reason !== 'cancelled') this.#planAfter(failure);
      throw failure;
    }
  }

  /**
   * What passes by itself is tried again by who reads. What a person has to mend is left to them; where the server has
   * never been read that is all the rest too, such as a wrong address.
   */
  #planAfter(failure: AgnesFailure): void {
    const { mayPass } = describeFailure(failure);
    const isLeft = mayPass || isOfWhoAsks(failure.reason) || this.#readings.latest === undefined;
    if (isLeft) this.#reread.stop();
    else this.#reread.planAfterFailure();
  }

  async lastKnown(laterThan?: EpochMicros, signal?: AbortSignal): Promise<SourceSnapshot | undefined> {
    const found = await this.#parts.earlier.latest(laterThan, signal);
    if (found === undefined) return undefined;
    const { readAt, rows, policy } = found.catalog;
    this.#readings.takeEarlierRule(policy);
    return { origin: found.origin, readAt, rows, refreshObstacle: undefined };
  }

  async settled(): Promise<void> {
    await Promise.all([this.#runs.settled(), this.#refreshes.settled(), this.#requests.settled()]);
    await Promise.all([this.#parts.earlier.flush(), this.memory.flush()]);
  }

  details(tableId: string): Promise<TableDetails | null> {
    return Promise.resolve(this.#readings.details(tableId));
  }

  descriptions(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(this.#readings.descriptions());
  }

  inspect(): Promise<TableInspection> {
    return Promise.reject(
      new AgnesFailure('unexpected', { detail: 'an Agnes server tells no column types' }),
    );
  }

  /** The server's own project is not known: nothing but a registration that names one has an address here. */
  addressOf({ bqFqn }: TableRegistration): TableAddress | undefined {
    return parseFullyQualifiedName(bqFqn);
  }

  policy(): FreshnessPolicy {
    return this.#readings.policy(this.#parts.defaultPolicy);
  }

  startRun(options: RunOptions): Promise<StartedRun> {
    return this.#runs.start(options);
  }

  startDueRun(isStillDue: IsStillDue): Promise<WatchedRun | undefined> {
    return this.#runs.startDue(isStillDue);
  }

  cancel(): void {
    this.#runs.cancel();
    this.#refreshes.cancel();
  }

  refreshTable(
    tableId: string,
    signal: AbortSignal,
    onWaiting: OnWaiting = () => undefined,
  ): Promise<RefreshOutcome> {
    return this.#refreshes.refresh(tableId, signal, onWaiting);
  }

  runs(): Promise<readonly RunRecord[]> {
    return this.#parts.records.read();
  }

  async lastCompletedAt(): Promise<EpochMicros | undefined> {
    const records = await this.runs();
    const { clockOffset, intervalSeconds } = this.policy();
    const tables = this.#readings.latest?.tables.values() ?? [];
    const { lastTakenAt } = this.#runs;
    const now = this.#parts.clock.now();
    return lastCompletion(records, tables, { now, lastTakenAt, clockOffset, intervalSeconds });
  }

  /** A single table has its answer; a run of them is read as a whole, at its end. */
  #onSettled(): void {
    if (this.currentRun?.place.kind !== 'here') this.#changed.fire();
  }

  /** The server refused a refresh: whoever shows the source reads it anew, and finds that it is only to be looked at. */
  #onRefused(): void {
    if (this.#rights.isReadOnly) return;
    this.#rights.refuse();
    this.#changed.fire();
  }

  dispose(): void {
    this.#reread.dispose();
    this.cancel();
    this.#runs.dispose();
    this.#requests.dispose();
    this.#tableEvents.dispose();
    this.#changed.dispose();
    void this.#parts.earlier.flush();
    void this.memory.flush();
    this.#parts.owned.dispose();
  }
}
