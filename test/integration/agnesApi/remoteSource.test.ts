import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import type { SourceTableEvent } from '../../../src/sources/metadataSource.ts';
import { RememberedTables } from '../../../src/sources/memory/rememberedTables.ts';
import { RemoteSource } from '../../../src/sources/remote/remoteSource.ts';
import { standInCache, standInTable, type StandInTable } from '../../fixtures/agnesServer/standInTable.ts';
import { MemoryLog, MemoryRecords } from '../../fixtures/engineFakes.ts';
import { MemoryTableStore } from '../../fixtures/memoryStore.ts';
import { ADMIN, ANALYST, ApiBench, NOW } from './apiBench.ts';

const HOUR = 3_600_000_000n;
const NEVER = new AbortController().signal;

/** One whose columns are for everybody, one with an access policy, and one of which the catalog gives no sign either way. */
const TABLES: readonly StandInTable[] = [
  standInTable('open', { ...documented('open'), cached: cachedOf('open_before', 'open_key') }),
  standInTable('policied', {
    ...documented('hush'),
    accessPolicy: true,
    cached: cachedOf('hush_before', 'hush_key'),
  }),
  standInTable('unsure', { ...documented('hush'), cached: cachedOf('hush_before', null) }),
];

describe('the remote source over HTTP', () => {
  it('tells an administrator what changed in a run, in the outcome and in the history', async () => {
    await using scene = await SourceScene.start(ADMIN);
    await scene.runAfterChange();
    const { records } = scene.records;
    assert.deepEqual(
      records[0]?.changes.map(({ tableId, change }) => [tableId, change.columns?.added, change.rows]),
      [
        ['open', ['open_after'], { before: 1_000n, after: 3n }],
        ['policied', ['hush_after'], { before: 1_000n, after: 3n }],
        ['unsure', ['hush_after'], { before: 1_000n, after: 3n }],
      ],
    );
    assert.deepEqual(scene.changes.get('open')?.columns?.removed, ['open_before']);
  });

  it('tells an administrator what changed by a single refresh with the next reading, and by a run of some tables', async () => {
    await using scene = await SourceScene.start(ADMIN);
    scene.change();
    const outcome = await scene.source.refreshTable('open', NEVER);
    assert.ok(outcome.status === 'ok');
    assert.deepEqual([outcome.change?.rows?.after, outcome.change?.columns], [3n, null]);
    const { changes } = await scene.source.load();
    assert.deepEqual([...(changes?.keys() ?? [])], ['open']);
    assert.deepEqual(changes?.get('open')?.columns?.added, ['open_after']);
    const selection = ({
      registration: { id },
    }: {
      readonly registration: { readonly id: string };
    }): boolean => id !== 'open';
    const { run } = await scene.source.startRun({ trigger: 'command', selection });
    await run.result;
    const kept = scene.records.records[0]?.changes ?? [];
    assert.deepEqual(
      kept.map(({ tableId, change }) => [tableId, change.columns?.added]),
      [
        ['policied', ['hush_after']],
        ['unsure', ['hush_after']],
      ],
    );
  });

  it('tells an administrator folder and documentation', async () => {
    await using scene = await SourceScene.start(ADMIN);
    const { folder, documentation, dataset } = scene.source.capabilities;
    assert.deepEqual([folder, documentation, dataset], [true, true, true]);
    const details = await scene.source.details('open');
    assert.deepEqual([details?.folder, details?.grain], ['open folder', 'open grain']);
    assert.deepEqual(details?.gotchas, [{ text: 'open gotcha', isKey: true }]);
    assert.equal(details.thingsToKnow, 'open things');
  });

  it('tells anybody else nothing of what is withheld: in rows, details, descriptions and log', async () => {
    await using scene = await SourceScene.start(ANALYST);
    const { folder, documentation } = scene.source.capabilities;
    assert.deepEqual([folder, documentation], [false, false]);
    // The server's own scheduler refreshes: this user may not.
    scene.change();
    const hold = scene.bench.server.holdRuns();
    scene.bench.server.startRun();
    hold.finish();
    const told: unknown[] = [await scene.source.load(), await scene.source.descriptions()];
    for (const { id } of TABLES) told.push(await scene.source.details(id));
    told.push(scene.events, scene.log.lines);
    const text = inspect(told, { depth: Infinity, maxArrayLength: Infinity });
    assert.match(text, /open_after/); // what is for everybody is there
    assert.doesNotMatch(text, /hush|gotcha'|grain'|things'/);
  });

  it('tells an administrator with a narrowed token no columns of a table under a policy, whatever changed', async () => {
    await using scene = await SourceScene.start(ADMIN, 'stack', ['open', 'policied']);
    await scene.runAfterChange();
    const changes = scene.records.records[0]?.changes ?? [];
    assert.deepEqual(
      changes.map(({ tableId, change }) => [tableId, change.columns?.added, change.rows?.after]),
      [
        ['open', ['open_after'], 3n],
        ['policied', undefined, 3n],
      ],
    );
    const told = inspect([scene.events, changes, scene.log.lines], { depth: Infinity });
    assert.doesNotMatch(told, /hush_/);
    // Documentation is the server's to give: it is in the registry, for whoever may read that.
    assert.equal((await scene.source.details('policied'))?.knownColumns, null);
  });
});

/** A remote source that has been read, over a stand-in whose clock a test can move. */
class SourceScene implements AsyncDisposable {
  readonly bench: ApiBench;
  readonly source: RemoteSource;
  readonly records = new MemoryRecords();
  readonly log = new MemoryLog();
  readonly events: SourceTableEvent[] = [];
  readonly #moveClock: () => void;

  static async start(
    email: string,
    surface: 'all' | 'stack' = 'all',
    stack: readonly string[] = [],
  ): Promise<SourceScene> {
    let now = NOW;
    const bench = await ApiBench.start({ tables: TABLES, orphans: [], clock: () => now });
    for (const id of stack) bench.server.stackOf(ADMIN).add(id);
    const scene = new SourceScene(bench, bench.tokenOf(email, surface), () => (now += HOUR / 60n));
    await scene.source.load();
    return scene;
  }

  private constructor(bench: ApiBench, token: string, moveClock: () => void) {
    this.bench = bench;
    this.#moveClock = moveClock;
    const { records, log } = this;
    this.source = new RemoteSource({
      ...{ id: 'server:stand-in', label: 'stand-in', origin: bench.server.origin, version: undefined },
      server: bench.withToken(token),
      account: () => undefined,
      earlier: {
        keep: () => undefined,
        latest: () => Promise.resolve(undefined),
        flush: () => Promise.resolve(),
      },
      memory: new RememberedTables(new MemoryTableStore(), createSystemClock()),
      ...{ records, log, window: 'this window', clock: createSystemClock(), random: Math.random },
      rereads: () => false,
      startsRuns: () => false,
      defaultPolicy: () => ({ intervalSeconds: 1n, thresholdSeconds: 2n }),
      owned: { dispose: () => undefined },
    });
    this.source.onTableEvent((event) => this.events.push(event));
  }

  /** From now on a refresh finds other columns, another key and few rows. */
  change(): void {
    this.#moveClock();
    for (const { id } of TABLES) {
      const name = id === 'open' ? 'open' : 'hush';
      const partitionBy = id === 'unsure' ? null : `${name}_other_key`;
      const knownColumns = [`${name}_after`];
      this.bench.server.outcomeOf(id, { kind: 'ok', knownColumns, partitionBy, rows: 3n });
    }
  }

  async runAfterChange(): Promise<void> {
    this.change();
    const { run } = await this.source.startRun({ trigger: 'command' });
    await run.result;
  }

  /** What was told of tables, by id. */
  get changes(): ReadonlyMap<string, Extract<SourceOutcome, { status: 'ok' }>['change']> {
    const outcomes = this.events.flatMap((event) => (event.kind === 'tablesSettled' ? event.outcomes : []));
    return new Map(
      outcomes.flatMap((one) => (one.status === 'ok' ? [[one.tableId, one.change] as const] : [])),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source.dispose();
    await this.source.settled();
    await this.bench[Symbol.asyncDispose]();
  }
}

type SourceOutcome = Extract<SourceTableEvent, { kind: 'tablesSettled' }>['outcomes'][number];

function documented(word: string): Partial<StandInTable> {
  return {
    folder: `${word} folder`,
    grain: `${word} grain`,
    gotchas: [{ key: true, body: `${word} gotcha` }],
    thingsToKnow: `${word} things`,
  };
}

function cachedOf(column: string, partitionBy: string | null): StandInTable['cached'] {
  return standInCache({
    ...{ refreshedAt: NOW - HOUR, rows: 1_000n, sizeBytes: 64_000n, entityType: 'BASE TABLE' },
    ...{ partitionBy, knownColumns: [column] },
  });
}
