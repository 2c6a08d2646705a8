import type { RefreshOutcome } from '../../../../src/core/refreshOutcome.ts';
import type { WatchedRun } from '../../../../src/engine/watchedRun.ts';
import type { EarlierCatalog, EarlierCatalogs } from '../../../../src/ports/earlierCatalogs.ts';
import type { Catalog } from '../../../../src/ports/tableStore.ts';
import type { SourceCapabilities, SourceTableEvent } from '../../../../src/sources/metadataSource.ts';
import { RememberedTables } from '../../../../src/sources/memory/rememberedTables.ts';
import { RemoteSource } from '../../../../src/sources/remote/remoteSource.ts';
import { MemoryLog, MemoryRecords } from '../../../fixtures/engineFakes.ts';
import { FakeAgnesServer } from '../../../fixtures/fakeAgnesServer.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';
import { MemoryTableStore } from '../../../fixtures/memoryStore.ts';

export const NEVER = new AbortController().signal;
export const HOUR = 3_600_000_000n;

/** Remembers what was kept. */
export class MemoryEarlier implements EarlierCatalogs {
  readonly kept: Catalog[] = [];
  found: EarlierCatalog | undefined;
  flushes = 0;

  keep(catalog: Catalog): void {
    this.kept.push(catalog);
  }

  latest(): Promise<EarlierCatalog | undefined> {
    return Promise.resolve(this.found);
  }

  flush(): Promise<void> {
    this.flushes += 1;
    return Promise.resolve();
  }
}

/** A remote source over a fake server, with what it tells. */
export interface RemoteScene {
  readonly clock: FakeClock;
  readonly server: FakeAgnesServer;
  readonly source: RemoteSource;
  readonly earlier: MemoryEarlier;
  readonly memoryStore: MemoryTableStore;
  readonly records: MemoryRecords;
  readonly log: MemoryLog;
  readonly events: SourceTableEvent[];
  readonly runs: WatchedRun[];
  /** What a test may switch. */
  readonly switches: { rereads: boolean; startsRuns: boolean };
  /** How often others were said to have changed something. */
  readonly changes: () => number;
  /** How often what it owns was disposed. */
  readonly disposals: () => number;
  /** What became of the tables that settled, in order. */
  readonly settled: () => readonly RefreshOutcome[];
}

export function remoteScene(...ids: readonly string[]): RemoteScene {
  const clock = new FakeClock();
  const server = new FakeAgnesServer(clock, ...ids);
  const earlier = new MemoryEarlier();
  const memoryStore = new MemoryTableStore();
  const memory = new RememberedTables(memoryStore, clock);
  const records = new MemoryRecords();
  const log = new MemoryLog();
  const switches = { rereads: true, startsRuns: true };
  let calls = 0;
  let disposed = 0;
  const source = new RemoteSource({
    id: 'server:https://agnes.example.com',
    label: 'agnes.example.com',
    origin: 'https://agnes.example.com',
    version: '0.84.8',
    server,
    account: () => ({ email: 'analyst@example.com', expiresAt: undefined }),
    ...{ earlier, memory, records, clock, log },
    window: 'this window',
    random: () => ((calls += 1) % 16) / 16,
    rereads: () => switches.rereads,
    startsRuns: () => switches.startsRuns,
    defaultPolicy: () => ({ intervalSeconds: 1n, thresholdSeconds: 2n }),
    owned: {
      dispose: () => {
        disposed += 1;
        memory.dispose();
      },
    },
  });
  const events: SourceTableEvent[] = [];
  const runs: WatchedRun[] = [];
  let changed = 0;
  source.onTableEvent((event) => events.push(event));
  source.onRunStarted((run) => runs.push(run));
  source.onChangedByOthers(() => (changed += 1));
  const settled = (): readonly RefreshOutcome[] =>
    events.flatMap((event) => {
      if (event.kind === 'tablesSettled') return event.outcomes;
      return event.kind === 'tableSettled' ? [event.outcome] : [];
    });
  const told = { changes: () => changed, disposals: () => disposed, settled };
  return { clock, server, source, earlier, memoryStore, records, log, events, runs, switches, ...told };
}

/** What a remote source can do; `registry`: the server told it what only administrators are told. */
export function capabilities(told: {
  readonly refresh: boolean;
  readonly registry: boolean;
  readonly backgroundRefresh: boolean;
}): SourceCapabilities {
  const { registry, ...rest } = told;
  const byRegistry = { dataset: registry, folder: registry, documentation: registry };
  return { ...rest, ...byRegistry, lastModified: false, columnTypes: false };
}

/** A scene whose source has been read. */
export async function loadedScene(...ids: readonly string[]): Promise<RemoteScene> {
  const scene = remoteScene(...ids);
  await scene.source.load();
  return scene;
}
