import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { renameSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CrashPoint, WorkContext } from '../../../src/adapters/duckdb/duckDbFile.ts';
import { readServerSnapshot } from '../../../src/adapters/duckdb/readServerSnapshot.ts';
import { ServerSnapshot } from '../../../src/adapters/duckdb/serverSnapshot.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Catalog } from '../../../src/ports/tableStore.ts';
import {
  INELIGIBLE_REGISTRATIONS,
  eligibleRegistrations,
  withPlainDuckDb,
  writeAgnesFile,
  writeServerSnapshot,
  type AgnesFileContents,
} from '../../fixtures/agnesFile.ts';
import { holdElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';
import { Bench, HOUR, NOW, assertReason } from './harness.ts';

const REGISTRY = 'table_registry.parquet';
const CACHE = 'bq_metadata_cache.parquet';
/** Seconds, as `utimes` takes them. */
const OLDER = 1_777_000_000;
const LATER = 1_777_000_100;
const TOO_LARGE_BYTES = 257 * 1024 * 1024;

const CONTENTS: AgnesFileContents = {
  era: 'current',
  registrations: [
    { id: 'b', name: 'Beta', bucket: 'sales', bqFqn: 'project-1.real.b', accessPolicySql: 'true' },
    { id: 'a', name: 'Zeta', bucket: 'sales', sourceTable: 'orders', folder: 'f', description: 'd' },
    ...INELIGIBLE_REGISTRATIONS,
  ],
  cached: [
    {
      tableId: 'a',
      rows: 9_007_199_254_740_993n,
      sizeBytes: 0n,
      partitionBy: 'day',
      clusteredBy: '["x", "\\u65e5"]',
      entityType: 'BASE TABLE',
      knownColumns: '["x"]',
      refreshedAt: NOW - HOUR,
      errorAt: NOW - 1n,
      errorMsg: 'x'.repeat(600),
    },
    { tableId: 'orphan', rows: 1n },
  ],
};

describe('the server’s rolling snapshot', () => {
  let bench: Bench;
  let log: MemoryLog;
  beforeEach(async () => {
    bench = await Bench.create();
    log = new MemoryLog();
  });
  afterEach(() => bench.dispose());

  const snapshotOf = (path = bench.path()): ServerSnapshot => new ServerSnapshot(path, bench.worker(), log);
  async function writeBoth(contents = CONTENTS): Promise<string> {
    await writeAgnesFile(bench.path(), contents);
    return writeServerSnapshot(bench.path());
  }
  const idsOf = (catalog: Pick<Catalog, 'rows'> | null | undefined): readonly string[] | undefined =>
    catalog?.rows.map(({ registration }) => registration.id);
  /** @param onPause what happens before the second attempt */
  function contextOf(more: Partial<WorkContext> = {}, onPause = (): void => undefined): WorkContext {
    const clock: Clock = {
      now: () => bench.clock.now(),
      monotonicMs: () => 0,
      after: (_delayMs, callback) => {
        onPause();
        setImmediate(callback);
        return () => undefined;
      },
    };
    const signal = new AbortController().signal;
    return { signal, clock, random: () => 0, reached: () => undefined, ...more };
  }

  for (const era of ['0.52', 'current'] as const) {
    for (const upgraded of [false, true]) {
      it(`has the rows that the file had: ${era}, ${upgraded ? 'upgraded' : 'fresh'}`, async () => {
        await writeBoth({ ...CONTENTS, era, upgraded });
        const { rows } = await bench.store().readCatalog();
        assert.equal(rows.length, 2);
        assert.deepEqual((await snapshotOf().read())?.rows, rows);
      });
    }
  }

  it('is read while the server holds its database, and is left as it is', async () => {
    const folder = await writeBoth();
    const look = async (): Promise<unknown> =>
      Promise.all(
        ['.', ...(await readdir(folder))].map(async (name) => [
          name,
          (await stat(join(folder, name), { bigint: true })).mtimeNs,
        ]),
      );
    const before = await look();
    const holder = await holdElsewhere(bench.path());
    assert.deepEqual(idsOf(await snapshotOf().read()), ['b', 'a']);
    await holder.release();
    assert.deepEqual(await look(), before);
  });

  it('is of the time of its older file', async () => {
    const folder = await writeBoth();
    const snapshot = snapshotOf();
    for (const [registry, cache] of [
      [OLDER, LATER],
      [LATER, OLDER],
    ] as const) {
      await utimes(join(folder, REGISTRY), registry, registry);
      await utimes(join(folder, CACHE), cache, cache);
      assert.equal(await snapshot.takenAt(), BigInt(OLDER) * 1_000_000n);
      assert.equal((await snapshot.read())?.readAt, BigInt(OLDER) * 1_000_000n);
    }
  });

  it('is read as it is where the path looks like a pattern or a partition', async () => {
    await writeBoth();
    const odd = join(bench.folder, 'id=5', "it's [a]*");
    await mkdir(odd, { recursive: true });
    await rename(`${bench.path()}.rolling-snapshot`, join(odd, 'system.duckdb.rolling-snapshot'));
    // What the path would match as a pattern.
    const other = join(bench.folder, 'id=5', "it's a pattern");
    await mkdir(other);
    await writeAgnesFile(join(other, 'system.duckdb'), {
      era: 'current',
      registrations: [{ id: 'not this' }],
    });
    await writeServerSnapshot(join(other, 'system.duckdb'));
    const catalog = await snapshotOf(join(odd, 'system.duckdb')).read();
    assert.deepEqual(idsOf(catalog), ['b', 'a']);
  });

  it('has tables that were never fetched, and none where none is registered', async () => {
    await writeBoth({ era: 'current', registrations: [{ id: 'a' }] });
    assert.deepEqual(
      (await snapshotOf().read())?.rows.map(({ cached }) => cached),
      [null],
    );
    await rm(bench.path());
    await rm(`${bench.path()}.rolling-snapshot`, { recursive: true });
    await writeBoth({ era: 'current' });
    assert.deepEqual((await snapshotOf().read())?.rows, []);
  });

  it('is none where the server has exported none, or not all of it', async () => {
    await writeAgnesFile(bench.path(), CONTENTS);
    const waiting = snapshotOf().read();
    assert.equal(await snapshotOf().takenAt(), undefined);
    assert.equal(await waiting, undefined);
    for (const missing of [REGISTRY, CACHE]) {
      const folder = await writeServerSnapshot(bench.path());
      await rm(join(folder, missing));
      assert.equal(await snapshotOf().takenAt(), undefined);
      assert.equal(await snapshotOf().read(), undefined);
      await rm(folder, { recursive: true });
    }
    assert.deepEqual(log.lines, []);
  });

  const untrusted: readonly (readonly [name: string, make: (folder: string) => Promise<unknown>])[] = [
    [
      'the folder is a link',
      async (folder) => {
        await rename(folder, bench.path('elsewhere'));
        await symlink(bench.path('elsewhere'), folder);
      },
    ],
    [
      'a file is a link',
      async (folder) => {
        await rename(join(folder, CACHE), bench.path('elsewhere'));
        await symlink(bench.path('elsewhere'), join(folder, CACHE));
      },
    ],
    [
      'a file is a pipe, which would be waited on for ever',
      async (folder) => {
        await rm(join(folder, REGISTRY));
        await promisify(execFile)('mkfifo', [join(folder, REGISTRY)]);
      },
    ],
    ['a file is larger than any', (folder) => truncate(join(folder, CACHE), TOO_LARGE_BYTES)],
  ];
  for (const [name, make] of untrusted) {
    it(`is none, and nothing is opened, where ${name}`, async () => {
      await make(await writeBoth());
      assert.equal(await snapshotOf().takenAt(), undefined);
      assert.equal(await snapshotOf().read(), undefined);
      assert.deepEqual(log.lines, []);
    });
  }

  it('is none, with a line in the log, where a file is no Parquet or has other columns', async () => {
    const folder = await writeBoth();
    const worker = bench.worker();
    const snapshot = new ServerSnapshot(bench.path(), worker, log);
    await writeFile(join(folder, CACHE), 'no Parquet');
    assert.equal(await snapshot.read(), undefined);
    await withPlainDuckDb(':memory:', async (connection) => {
      await connection.run(`COPY (SELECT 1 AS rows) TO '${join(folder, CACHE)}' (FORMAT PARQUET)`);
    });
    assert.equal(await snapshot.read(), undefined);
    assert.equal(log.lines.length, 2);
    assert.match(log.lines[1] ?? '', /^debug .*bq_metadata_cache\.parquet without table_id$/);
  });

  it('is read once more when the server replaces it between the first file and the second', async () => {
    const folder = await writeBoth();
    await rm(bench.path());
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(3) });
    const next = await writeServerSnapshot(bench.path(), bench.path('next'));
    const points: CrashPoint[] = [];
    const reached = (point: CrashPoint): void => {
      if (point === 'opened' && !points.includes('opened')) {
        renameSync(folder, bench.path('previous'));
        renameSync(next, folder);
      }
      points.push(point);
    };
    const reading = await readServerSnapshot({ folder }, contextOf({ reached }));
    assert.deepEqual(idsOf(reading), ['table_0000', 'table_0001', 'table_0002']);
    assert.equal(reading?.takenAt, await snapshotOf().takenAt());
    assert.equal(points.filter((point) => point === 'opened').length, 2);
  });

  it('is read once more when it is not there for the instant in which the server replaces it', async () => {
    const folder = await writeBoth();
    await rename(folder, bench.path('next'));
    const context = contextOf({}, () => renameSync(bench.path('next'), folder));
    assert.deepEqual(idsOf(await readServerSnapshot({ folder }, context)), ['b', 'a']);
  });

  it('is not read any further once that is cancelled', async () => {
    const folder = await writeBoth();
    const abort = new AbortController();
    const reached = (point: CrashPoint): void => {
      if (point === 'opened') abort.abort();
    };
    const context = contextOf({ signal: abort.signal, reached });
    await assert.rejects(readServerSnapshot({ folder }, context), { name: 'AbortError' });
    await assertReason(
      bench.worker().call('readServerSnapshot', { folder }, AbortSignal.abort()),
      'cancelled',
    );
    assert.equal(await snapshotOf().read(AbortSignal.abort()), undefined);
    assert.deepEqual(log.lines, []);
  });
});
