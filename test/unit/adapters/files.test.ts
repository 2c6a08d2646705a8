import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { isStateInPostgres } from '../../../src/adapters/files/agnesBackend.ts';
import { likelyDatabases } from '../../../src/adapters/files/agnesPlaces.ts';
import { FileRunRecords, MAX_RECORDS } from '../../../src/adapters/files/fileRunRecords.ts';
import { guardAgainstPostgres } from '../../../src/adapters/files/postgresGuard.ts';
import { stateFolderFor } from '../../../src/adapters/files/stateFolder.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { describeReason } from '../../../src/core/failureTexts.ts';
import { MAX_RECORDED_CHANGES, type RunRecord } from '../../../src/core/runSummary.ts';
import { MAX_CHANGE_TEXT, MAX_NAMED_COLUMNS, type TableChange } from '../../../src/core/tableChange.ts';
import { FakeStore, MemoryLog, registration } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-files-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('where Agnes keeps its database', () => {
  it('is STATE_DIR, else DATA_DIR/state, then below the workspace, then the usual places', () => {
    assert.deepEqual(likelyDatabases({ STATE_DIR: '/s', DATA_DIR: '/d' }, ['/w']), [
      '/s/system.duckdb',
      '/w/data/state/system.duckdb',
      '/data/state/system.duckdb',
      '/data-state/system.duckdb',
    ]);
    assert.equal(likelyDatabases({ STATE_DIR: '', DATA_DIR: '/d' }, [])[0], '/d/state/system.duckdb');
    assert.equal(likelyDatabases({ DATA_DIR: '/data' }, []).length, 2);
  });
});

describe('whether the state lives in Postgres', () => {
  const cases: readonly (readonly [name: string, overlay: string | undefined, inPostgres: boolean])[] = [
    ['no overlay', undefined, false],
    ['a DuckDB overlay', 'database:\n  backend: duckdb\n', false],
    ['a side car', 'database:\n  backend: side_car\n', true],
    ['a migration to the cloud', 'database: {backend: cloud_in_progress}', true],
    ['an overlay without the key', 'theme: dark\n', false],
    ['an empty overlay', '', false],
    ['unreadable YAML', 'database: [\n', false],
    ['a key given twice, of which the last counts,', 'database: {backend: duckdb, backend: cloud}', true],
    ['a merged key', 'base: &base {backend: cloud}\ndatabase: {<<: *base}\n', true],
  ];
  for (const [name, overlay, inPostgres] of cases) {
    it(`${inPostgres ? 'yes' : 'no'}: ${name} beside the file`, async () => {
      const file = await stateFile(folder);
      if (overlay !== undefined) await writeFile(path.join(folder, 'instance.yaml'), overlay);
      assert.equal(await isStateInPostgres(file, {}), inPostgres);
    });
  }

  const unreadable: readonly (readonly [name: string, make: (overlay: string) => Promise<unknown>])[] = [
    ['a pipe, which would be waited on for ever', (overlay) => promisify(execFile)('mkfifo', [overlay])],
    ['a folder', (overlay) => mkdir(overlay)],
    ['a link to itself', (overlay) => symlink(path.basename(overlay), overlay)],
    ['larger than any', (overlay) => writeFile(overlay, `#${'x'.repeat(1024 * 1024)}`)],
    ['nested deeper than we read', (overlay) => writeFile(overlay, '['.repeat(5_000))],
    [
      'full of aliases',
      (overlay) => writeFile(overlay, `a: &a 1\nb: [${'*a,'.repeat(200)}]\ndatabase: {backend: cloud}`),
    ],
  ];
  for (const [name, make] of unreadable) {
    it(`unknown: an overlay that is ${name}`, async () => {
      const file = await stateFile(folder);
      await make(path.join(folder, 'instance.yaml'));
      await assert.rejects(isStateInPostgres(file, {}), { name: 'AgnesFailure', reason: 'stateUnknown' });
    });
  }

  it('yes, when one of two overlays says so and the other can’t be read', async () => {
    const file = await stateFile(path.join(folder, 'data-state'));
    const dataState = path.join(folder, 'data', 'state');
    await mkdir(dataState, { recursive: true });
    await writeFile(path.join(dataState, 'instance.yaml'), 'database: {backend: cloud}');
    await mkdir(path.join(path.dirname(file), 'instance.yaml'));
    const environment = { STATE_DIR: path.dirname(file), DATA_DIR: path.join(folder, 'data') };
    assert.equal(await isStateInPostgres(file, environment), true);
    await writeFile(path.join(dataState, 'instance.yaml'), 'database: {backend: duckdb}');
    await assert.rejects(isStateInPostgres(file, environment), { reason: 'stateUnknown' });
  });

  it('reads the other overlay of a flat layout, where the environment holds this very file', async () => {
    const file = await stateFile(path.join(folder, 'data-state'));
    const dataState = path.join(folder, 'data', 'state');
    await mkdir(dataState, { recursive: true });
    await writeFile(path.join(dataState, 'instance.yaml'), 'database: {backend: cloud}');
    const environment = { STATE_DIR: path.dirname(file), DATA_DIR: path.join(folder, 'data') };
    assert.equal(await isStateInPostgres(file, environment), true);
    assert.equal(await isStateInPostgres(file, { DATA_DIR: path.join(folder, 'data') }), false);
  });

  it('counts DATABASE_URL only where the environment holds this very file', async () => {
    const file = await stateFile(folder);
    assert.equal(await isStateInPostgres(file, { DATABASE_URL: 'postgres://x' }), false);
    assert.equal(await isStateInPostgres(file, { DATABASE_URL: 'postgres://x', STATE_DIR: folder }), true);
    await writeFile(path.join(folder, 'instance.yaml'), 'database: {backend: duckdb}');
    assert.equal(await isStateInPostgres(file, { DATABASE_URL: 'postgres://x', STATE_DIR: folder }), false);
  });

  it('then the file is read, marked, and never written', async () => {
    const store = new FakeStore(new FakeClock(), [registration('a')]);
    const guarded = guardAgainstPostgres(store, () => Promise.resolve(true));
    const catalog = await guarded.readCatalog();
    assert.equal(catalog.rows.length, 1);
    assert.equal(catalog.writeObstacle?.reason, 'stateInPostgres');
    assert.equal((await guarded.readTable('a')).writeObstacle?.reason, 'stateInPostgres');
    await assert.rejects(guarded.storeOutcomes([]), { reason: 'stateInPostgres' });
    assert.deepEqual(store.batches, []);
  });
});

describe('where nobody can say whether the state lives in Postgres', () => {
  for (const thrown of [new AgnesFailure('stateUnknown'), new Error('a bundle that does not load')]) {
    it(`the file is read, marked, and never written: ${thrown.name}`, async () => {
      const store = new FakeStore(new FakeClock(), [registration('a')]);
      const guarded = guardAgainstPostgres(store, () => Promise.reject(thrown));
      const catalog = await guarded.readCatalog();
      assert.equal(catalog.rows.length, 1);
      assert.equal(catalog.writeObstacle?.reason, 'stateUnknown');
      assert.equal((await guarded.readTable('a')).writeObstacle?.reason, 'stateUnknown');
      await assert.rejects(guarded.storeOutcomes([]), { reason: 'stateUnknown' });
      assert.deepEqual(store.batches, []);
    });
  }
});

describe('run records', () => {
  it('survive a restart, in order, and are bounded', async () => {
    const records = new FileRunRecords(path.join(folder, 'state'), new MemoryLog());
    assert.deepEqual(await records.read(), []);
    for (let i = 0; i < MAX_RECORDS + 3; i += 1) await records.append(record(i), true);
    const read = await new FileRunRecords(path.join(folder, 'state'), new MemoryLog()).read();
    assert.equal(read.length, MAX_RECORDS);
    assert.deepEqual(read.at(-1), record(MAX_RECORDS + 2));
    assert.deepEqual(await readdir(path.join(folder, 'state')), ['runs.jsonl']);
  });

  it('pass over what is not a record', async () => {
    const records = new FileRunRecords(folder, new MemoryLog());
    await records.append(record(1), true);
    const file = path.join(folder, 'runs.jsonl');
    await writeFile(file, `{"half":\n${await readFile(file, 'utf8')}[]\n`);
    assert.deepEqual(await records.read(), [record(1)]);
  });

  it('of a later version, with a reason that has no words yet, are read and shown', async () => {
    const records = new FileRunRecords(folder, new MemoryLog());
    await records.append(record(1), true);
    const file = path.join(folder, 'runs.jsonl');
    await writeFile(file, (await readFile(file, 'utf8')).replace('accessDenied', 'inventedLater'));
    const [failure] = (await records.read())[0]?.failures ?? [];
    assert.ok(failure !== undefined);
    const reason: string = failure.reason;
    assert.equal(reason, 'inventedLater');
    assert.deepEqual(describeReason(failure.reason), describeReason('unexpected'));
  });

  it('of before changes were told, and changes that a later version tells otherwise, are read without any', async () => {
    const records = new FileRunRecords(folder, new MemoryLog());
    await records.append(record(1), true);
    const file = path.join(folder, 'runs.jsonl');
    const written = await readFile(file, 'utf8');
    const { changes, ...before } = JSON.parse(written) as Record<string, unknown>;
    assert.notEqual(changes, undefined);
    for (const line of [JSON.stringify(before), written.replace('"entityType"', '"kind"')]) {
      await writeFile(file, `${line}\n`);
      assert.deepEqual(await records.read(), [{ ...record(1), changes: [] }]);
    }
  });

  it('tell how many tables changed, and one that tells it otherwise is read without', async () => {
    const records = new FileRunRecords(folder, new MemoryLog());
    const whole = { ...record(1), changedCount: 80 };
    await records.append(whole, true);
    assert.deepEqual(await records.read(), [whole]);
    const file = path.join(folder, 'runs.jsonl');
    const written = await readFile(file, 'utf8');
    await writeFile(file, written.replace('"changedCount":80', '"changedCount":"many"'));
    const [{ changedCount, ...rest } = assert.fail()] = await records.read();
    assert.equal(changedCount, undefined);
    assert.deepEqual(rest, record(1));
  });

  it('are never more than can be read again, however much changed: the oldest go', async () => {
    const records = new FileRunRecords(folder, new MemoryLog());
    const names = Array.from({ length: MAX_NAMED_COLUMNS }, () => '\u0001'.repeat(MAX_CHANGE_TEXT));
    const columns = { added: names, removed: names, addedCount: 20, removedCount: 20 };
    const most = (i: number): RunRecord => ({
      ...record(i),
      changes: Array.from({ length: MAX_RECORDED_CHANGES }, () => ({
        tableId: '\u0001'.repeat(300),
        change: { ...CHANGE, columns },
      })),
    });
    for (const number of [1, 2, 3]) await records.append(most(number), true);
    const runIds = async (): Promise<readonly string[]> =>
      (await records.read()).map(({ summary }) => summary.runId);
    assert.deepEqual(await runIds(), ['00000002', '00000003']);
    await records.append(record(4), true);
    assert.deepEqual(await runIds(), ['00000002', '00000003', '00000004']);
    assert.ok((await records.read())[0]?.changes.length === MAX_RECORDED_CHANGES);
  });

  it('are in the file, among those of others, as soon as the folder can be written again', async () => {
    const log = new MemoryLog();
    const state = path.join(folder, 'state');
    const records = new FileRunRecords(state, log);
    await writeFile(state, 'in the way');
    await records.append(record(1), true);
    await records.append(record(3), true);
    assert.equal(log.lines.length, 1);
    await rm(state);
    const others = new FileRunRecords(state, new MemoryLog());
    await others.append(record(2), true);
    assert.deepEqual(await records.read(), [record(1), record(2), record(3)]);
    await records.append(record(4), true);
    assert.deepEqual(await others.read(), [record(1), record(2), record(3), record(4)]);
    await others.append(record(5), true);
    assert.deepEqual((await records.read()).at(-1), record(5));

    await rm(state, { recursive: true });
    await writeFile(state, 'in the way');
    await records.append(record(6), true);
    assert.equal(log.lines.length, 2);
  });

  it('stay in memory without single flight: others may be writing', async () => {
    const log = new MemoryLog();
    const state = path.join(folder, 'state');
    const [ours, others] = [new FileRunRecords(state, log), new FileRunRecords(state, log)];
    await ours.append(record(1), false);
    assert.deepEqual(await others.read(), []);
    await others.append(record(2), true);
    assert.deepEqual(await ours.read(), [record(1), record(2)]);
    await ours.append(record(3), true);
    assert.deepEqual(await others.read(), [record(1), record(2), record(3)]);
    assert.deepEqual(log.lines, []);
  });

  it('put a record of the same run in the place of the one before', async () => {
    const records = new FileRunRecords(path.join(folder, 'state'), new MemoryLog());
    for (const number of [1, 2]) await records.append(record(number), true);
    const { summary, ...rest } = record(1);
    const amended = { ...rest, summary: { ...summary, succeeded: summary.succeeded + 1 } };
    await records.append(amended, true);
    assert.deepEqual(await records.read(), [amended, record(2)]);
  });

  it('stay in memory, with one warning, where the folder can’t be written', async () => {
    const log = new MemoryLog();
    const blocked = path.join(folder, 'a-file');
    await writeFile(blocked, '');
    const records = new FileRunRecords(path.join(blocked, 'state'), log);
    await records.append(record(1), true);
    await records.append(record(2), true);
    assert.deepEqual(await records.read(), [record(1), record(2)]);
    assert.equal(log.lines.length, 1);
  });
});

describe('state folder', () => {
  it('is the user’s own, by platform, one for each real path', () => {
    const linux = { platform: 'linux', home: '/home/u', environment: {} } as const;
    assert.match(stateFolderFor('/f', linux), /^\/home\/u\/\.local\/state\/agnes-freshness\/[0-9a-f]{64}$/);
    const xdg = { ...linux, environment: { XDG_STATE_HOME: '/x' } };
    assert.match(stateFolderFor('/f', xdg), /^\/x\/agnes-freshness\//);
    const relative = { ...linux, environment: { XDG_STATE_HOME: 'x' } };
    assert.match(stateFolderFor('/f', relative), /^\/home\/u\/\.local\/state\//);
    assert.notEqual(stateFolderFor('/f', linux), stateFolderFor('/g', linux));
  });
});

describe('system clock', () => {
  it('never tells two readings of one millisecond alike', () => {
    const clock = createSystemClock();
    const readings = Array.from({ length: 100 }, () => clock.now());
    assert.equal(new Set(readings).size, readings.length);
    assert.ok(readings.every((reading, i) => i === 0 || reading > (readings[i - 1] ?? reading)));
  });
});

async function stateFile(stateFolder: string): Promise<string> {
  await mkdir(stateFolder, { recursive: true });
  const file = path.join(stateFolder, 'system.duckdb');
  await writeFile(file, '');
  return realpath(file);
}

const CHANGE: TableChange = {
  columns: { added: ['city'], removed: [], addedCount: 1, removedCount: 0 },
  entityType: { before: 'VIEW', after: 'BASE TABLE' },
  partitionBy: { before: null, after: 'day' },
  rows: { before: 2n ** 63n - 1n, after: 0n },
};

function record(i: number): RunRecord {
  return {
    summary: {
      runId: i.toString(16).padStart(8, '0'),
      startedAt: BigInt(i),
      durationMs: 1,
      trigger: 'timer',
      window: 'w',
      coversAll: true,
      endedBy: 'networkDown',
      total: 3,
      succeeded: 1,
      noData: 0,
      failed: 1,
      notAttempted: 1,
      cancelled: 0,
      notStored: 0,
      unanswered: 0,
    },
    endedAt: 2n ** 60n + BigInt(i),
    failures: [{ tableId: 'a', reason: 'accessDenied' }],
    changes: [{ tableId: 'b', change: CHANGE }],
  };
}
