import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  mkdir,
  readFile,
  readdir,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { promisify } from 'node:util';
import { eligibleRegistrations, withPlainDuckDb, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { patchStorageVersion } from '../../fixtures/agnesFileHeader.ts';
import { leaveLogBehind, readElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, IMPATIENT, assertReason, entryPath, resultsOf, success } from './harness.ts';

/** A user who owns nothing here. Root reads and writes whatever it likes, so some cases are looked at as somebody else. */
const NOBODY = 65_534;

describe('files that can’t be used', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  const writeGood = (): Promise<void> =>
    writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1) });

  it('a missing file is not created', async () => {
    const store = bench.store();
    await assertReason(store.readCatalog(), 'fileMissing');
    await assertReason(store.readTable('x'), 'fileMissing');
    await assertReason(store.readDetails('x'), 'fileMissing');
    await assertReason(store.storeOutcomes([success('x')]), 'fileMissing');
    assert.deepEqual(await readdir(bench.folder), []);
  });

  it('a file that went away after it was inspected is not created', async () => {
    const worker = bench.worker();
    const file = { path: bench.path(), busyWaitMs: 0 };
    await assertReason(worker.call('readCatalog', file), 'fileMissing');
    await assertReason(
      worker.call('storeOutcomes', { ...file, outcomes: [success('x')], now: 0n, underLock: null }),
      'fileMissing',
    );
    assert.deepEqual(await readdir(bench.folder), []);
  });

  it('a dangling link is missing', async () => {
    await symlink(bench.path('nowhere'), bench.path());
    await assertReason(bench.store().readCatalog(), 'fileMissing');
  });

  it('a folder', async () => {
    await mkdir(bench.path());
    await assertReason(bench.store().readCatalog(), 'fileIsDirectory');
  });

  it('a text file, and an empty one, stay as they are', async () => {
    await writeFile(bench.path('text'), 'id,name\n'.repeat(5_000));
    await writeFile(bench.path('empty'), '');
    for (const name of ['text', 'empty']) {
      const { size } = await stat(bench.path(name));
      await assertReason(bench.store(bench.path(name)).readCatalog(), 'fileNotDuckDb');
      await assertReason(bench.store(bench.path(name)).storeOutcomes([success('x')]), 'fileNotDuckDb');
      assert.equal((await stat(bench.path(name))).size, size);
    }
  });

  it('a pipe, which would be waited on for ever', async () => {
    await promisify(execFile)('mkfifo', [bench.path()]);
    await assertReason(bench.store().readCatalog(), 'fileNotDuckDb');
  });

  it('a file of a newer DuckDB', async () => {
    await writeGood();
    await patchStorageVersion(bench.path(), 200n);
    await assertReason(bench.store().readCatalog(), 'fileFromNewerDuckDb');
    await assertReason(bench.store().storeOutcomes([success('x')]), 'fileFromNewerDuckDb');
  });

  it('a file that was cut off, at any length', async () => {
    await writeGood();
    const whole = await readFile(bench.path());
    for (const length of [100, 4_095, 4_096, 12_288, 13_000]) {
      await writeFile(bench.path(), whole);
      await truncate(bench.path(), length);
      await assertReason(bench.store().readCatalog(), 'fileDamaged');
    }
  });

  it('a file with a damaged block', async () => {
    await writeGood();
    const bytes = await readFile(bench.path());
    await writeFile(bench.path(), bytes.fill(7, 12_288, 20_000));
    await assertReason(bench.store().readCatalog(), 'fileDamaged');
  });

  it('a DuckDB file without Agnes’s tables, and one whose registry is a view', async () => {
    await withPlainDuckDb(bench.path(), (connection) => connection.run('CREATE TABLE t (i INTEGER)'));
    await assertReason(bench.store().readCatalog(), 'fileWithoutTables');
    await assertReason(bench.store().storeOutcomes([success('x')]), 'fileWithoutTables');
    await withPlainDuckDb(bench.path(), (connection) =>
      connection.run(
        "CREATE VIEW table_registry AS SELECT 'a' AS id, 'remote' AS query_mode, 'b' AS source_type",
      ),
    );
    await assertReason(bench.store().readCatalog(), 'fileWithoutTables');
    assert.deepEqual(await readElsewhere(bench.path(), 'SELECT table_name FROM duckdb_tables()'), [['t']]);
  });

  describe('as another user', () => {
    /** What another user meets: of reading, and of storing one outcome. */
    async function asNobody(
      ...further: string[]
    ): Promise<{ read: string; obstacle: string | null; store: string }> {
      const root = process.getuid?.() === 0;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [entryPath('storeScript.ts'), 'probe', bench.path(), ...further],
        root ? { uid: NOBODY, gid: NOBODY } : {},
      );
      const { access, ...met } = JSON.parse(stdout) as {
        access: string;
        read: string;
        obstacle: string | null;
        store: string;
      };
      assert.equal(access, 'EACCES', 'the permission bits mean something to this user');
      return met;
    }

    it('a file that may not be read', async () => {
      await writeGood();
      await chmod(bench.path(), 0o000);
      assert.deepEqual(await asNobody(), {
        read: 'fileNotReadable',
        obstacle: null,
        store: 'fileNotReadable',
      });
    });

    it('a folder that may not be entered', async () => {
      await writeGood();
      await chmod(bench.folder, 0o000);
      const met = await asNobody();
      await chmod(bench.folder, 0o755);
      assert.deepEqual(met, { read: 'fileNotReadable', obstacle: null, store: 'fileNotReadable' });
    });

    it('a file that may only be read', async () => {
      await writeGood();
      await chmod(bench.path(), 0o444);
      assert.deepEqual(await asNobody(), { read: '1 rows', obstacle: 'fileReadOnly', store: 'fileReadOnly' });
    });

    it('a file beside an instance.yaml that may not be read: shown, and not written', async () => {
      await writeGood();
      await chmod(bench.path(), 0o666);
      await chmod(bench.folder, 0o777);
      const overlay = bench.path('instance.yaml');
      await writeFile(overlay, 'database: {backend: cloud}', { mode: 0o600 });
      assert.deepEqual(await asNobody(overlay), {
        read: '1 rows',
        obstacle: 'stateUnknown',
        store: 'stateUnknown',
      });
    });

    it('a file in a folder that may only be read, with the log that a crash left', async () => {
      await writeGood();
      await leaveLogBehind(bench.path());
      assert.deepEqual((await readdir(bench.folder)).sort(), ['system.duckdb', 'system.duckdb.wal']);
      await chmod(bench.path(), 0o666);
      await chmod(bench.folder, 0o555);
      const met = await asNobody();
      await chmod(bench.folder, 0o755);
      assert.deepEqual(met, { read: '2 rows', obstacle: 'fileReadOnly', store: 'fileReadOnly' });
    });
  });

  it('a full disk: the store fails whole, and the rows stay', async () => {
    const disk = bench.path('disk');
    await mkdir(disk);
    // A file system of its own, so that it can be filled. This needs root; without it the test fails rather than skips.
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      const path = `${disk}/system.duckdb`;
      const ids = eligibleRegistrations(1_000).map(({ id }) => id ?? '');
      await writeAgnesFile(path, {
        era: 'current',
        registrations: eligibleRegistrations(1_000),
        cached: ids.map((tableId) => ({ tableId, rows: 1n })),
      });
      await promisify(execFile)('dd', ['if=/dev/zero', `of=${disk}/rest`, 'bs=4k']).catch(() => undefined);
      const store = bench.store(path, IMPATIENT);
      const long = Array.from({ length: 200 }, (_, index) => `column_with_a_long_name_${index}`);
      await assertReason(
        store.storeOutcomes(ids.map((id) => success(id, { rows: 2n, knownColumns: [...long, id] }))),
        'diskFull',
      );
      await unlink(`${disk}/rest`);
      assert.deepEqual(
        new Set((await store.readCatalog()).rows.map(({ cached }) => cached?.rows)),
        new Set([1n]),
      );
      assert.deepEqual(await resultsOf(store.storeOutcomes([success('table_0000', { rows: 3n })])), [
        'stored',
      ]);
    } finally {
      await promisify(execFile)('umount', [disk]);
    }
  });
});
