import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FileRunBoard } from '../../../src/adapters/files/fileRunBoard.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import type { FailureReason } from '../../../src/core/failure.ts';
import { describeReason } from '../../../src/core/failureTexts.ts';
import { flightUnavailableText } from '../../../src/host/flightTexts.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, withPlainDuckDb, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { readElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';
import { failureOf } from '../duckdb/harness.ts';
import { LocalWindow, type LocalWindowOptions } from './localWindow.ts';
import type { OneRun } from './oneRun.ts';

const ONE_RUN = fileURLToPath(new URL('oneRun.ts', import.meta.url));
const run = promisify(execFile);
const TABLES = 6;
const OTHER_WINDOWS = 'Other windows may refresh the same tables.';
/** Nobody: permissions mean nothing to the user that these tests may run as (decisions, "Tests as root"). */
const OTHER_USER = 65_534;
const SCHEMA = {
  fields: Array.from({ length: 2_000 }, (_, i) => ({ name: `column_${i}_with_a_long_name` })),
};

let folder: string;
let state: string;
let database: string;
let standIn: BigQueryStandIn;
const opened: LocalWindow[] = [];

function openWindow(more: Partial<LocalWindowOptions> = {}): LocalWindow {
  const window = new LocalWindow({ database, endpoint: standIn.url, stateFolder: state, ...more });
  opened.push(window);
  return window;
}

async function setUp(): Promise<void> {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-places-')));
  state = path.join(folder, 'state');
  database = path.join(folder, 'data', 'system.duckdb');
  await mkdir(path.dirname(database));
  standIn = await BigQueryStandIn.start({
    tables: () => ({ resource: { type: 'TABLE', numRows: '42', schema: SCHEMA } }),
  });
  await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
}

async function tearDown(): Promise<void> {
  await Promise.all(opened.splice(0).map((window) => window.dispose()));
  await standIn.dispose();
  await rm(folder, { recursive: true, force: true });
}

/** Tables whose row is of the stand-in's answer; fails for one that is neither so nor untouched. */
async function countStored(file = database): Promise<number> {
  const rows = await readElsewhere(
    file,
    'SELECT rows::INTEGER, json_array_length(known_columns)::INTEGER FROM bq_metadata_cache',
  );
  for (const row of rows) assert.deepEqual(row, [42, SCHEMA.fields.length], 'old or new in full');
  return rows.length;
}

describe('the lock file', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  const lockFile = (): string => path.join(state, 'lock.duckdb');
  const CASES: readonly (readonly [string, () => Promise<void>, FailureReason?])[] = [
    ['empty', () => writeFile(lockFile(), '')],
    ['garbage', () => writeFile(lockFile(), 'x'.repeat(20_000))],
    [
      'half of one',
      async () => {
        await withPlainDuckDb(lockFile(), () => Promise.resolve());
        await truncate(lockFile(), 5_000);
      },
    ],
    [
      'a database with tables of somebody',
      () =>
        withPlainDuckDb(lockFile(), async (connection) => {
          await connection.run('CREATE TABLE t AS SELECT 7 AS i');
        }),
    ],
    ['beside a log that is garbage', () => writeFile(`${lockFile()}.wal`, 'garbage')],
    [
      'a folder',
      async () => {
        await mkdir(lockFile());
      },
      'flightUnusable',
    ],
    [
      'beside a folder in the place of its log',
      async () => {
        await mkdir(`${lockFile()}.wal`);
      },
      'flightUnusable',
    ],
    ['a symbolic link', () => symlink(database, lockFile()), 'flightUnusable'],
    ['a second name of another file', () => link(database, lockFile()), 'flightUnusable'],
    [
      'a pipe',
      async () => {
        await run('mkfifo', [lockFile()]);
      },
      'flightUnusable',
    ],
  ];
  for (const [what, prepare, reason] of CASES) {
    it(`that is ${what} ${reason === undefined ? 'is mended, and lets one run' : 'lets nobody run, and the log names it'}`, async () => {
      await mkdir(state, { mode: 0o700 });
      await prepare();
      const [one, two] = [openWindow(), openWindow()];
      standIn.hold();
      if (reason !== undefined) {
        for (const window of [one, two]) {
          const failure = await failureOf(window.source.startRun({ trigger: 'command' }));
          assert.equal(failure.reason, reason);
          assert.ok(window.log.lines.some((line) => line.startsWith('warn') && line.includes(lockFile())));
        }
        assert.match(describeReason(reason).message, /the log names the file to remove/);
        assert.equal(standIn.counts.received, 0);
        await withPlainDuckDb(database, () => Promise.resolve()); // what a link led to is whole
        return;
      }
      const started = await Promise.all(
        [one, two].map(({ source }) => source.startRun({ trigger: 'command' })),
      );
      assert.deepEqual(started.map(({ joined }) => joined).sort(), [false, true]);
      await standIn.until(({ received }) => received === TABLES);
      standIn.release();
      for (const each of started) assert.equal((await each.run.result).summary.succeeded, TABLES);
      assert.equal(standIn.counts.received, TABLES);
    });
  }

  it('that is removed during a run takes the right to write with it until it is taken again', async () => {
    const window = openWindow();
    standIn.hold();
    const { run: held } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === TABLES);
    await rm(lockFile());
    standIn.release();
    assert.equal((await held.result).summary.succeeded, TABLES);
    assert.ok((await lstat(lockFile())).isFile());
    assert.equal(await countStored(), TABLES);
  });
});

describe('what lies beside the lock', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  const dead = { pid: 4_194_303, started: null };
  const announcement = {
    ...{ kind: 'run', runId: 'feedf00d', startedAt: '1', trigger: 'command', coversAll: true },
    ...{ window: 'w', done: 0, total: 9, tableIds: [], pid: 1 },
  };
  const CASES: readonly (readonly [string, string, (file: string) => Promise<unknown>])[] = [
    ['runs.jsonl', 'garbage between records', (file) => writeFile(file, 'x\n{"summary":1}\n\u0000\n')],
    ['runs.jsonl', 'far too large', (file) => writeFile(file, '').then(() => truncate(file, 100_000_000))],
    ['runs.jsonl', 'a pipe', (file) => run('mkfifo', [file])],
    ['run.json', 'garbage', (file) => writeFile(file, '{"ended":')],
    ['run.json', 'a pipe', (file) => run('mkfifo', [file])],
    [
      'run.json',
      'of a process that is gone',
      (file) => writeFile(file, JSON.stringify({ ended: false, announcement, holder: dead })),
    ],
    [
      'run.json',
      'of no process at all',
      (file) =>
        writeFile(file, JSON.stringify({ ended: false, announcement, holder: { pid: 0, started: null } })),
    ],
    [
      'run.json',
      'of a living process that holds no lock',
      (file) =>
        writeFile(file, JSON.stringify({ ended: false, announcement, holder: { pid: 1, started: null } })),
    ],
    [
      'run.json',
      'of a process whose id another one has by now',
      (file) =>
        writeFile(
          file,
          JSON.stringify({ ended: false, announcement, holder: { pid: process.pid, started: '1' } }),
        ),
    ],
  ];
  for (const [name, what, prepare] of CASES) {
    it(`${name}, ${what}: is passed over, and a run begins`, async function () {
      if (process.platform !== 'linux' && what.includes('another one has')) this.skip();
      await mkdir(state, { mode: 0o700 });
      await prepare(path.join(state, name));
      const window = openWindow();
      assert.deepEqual(await window.source.runs(), []);
      const { run: begun, joined } = await window.source.startRun({ trigger: 'command' });
      assert.equal(joined, false);
      assert.equal((await begun.result).summary.succeeded, TABLES);
      assert.equal((await window.source.runs()).length, 1);
      await window.dispose();
      assert.match(await readFile(path.join(state, 'run.json'), 'utf8'), /"ended":true/);
    });
  }

  it('run.json, of a run at a time that no calendar has: shows no run, whose time could not be told', async () => {
    await mkdir(state, { mode: 0o700 });
    const holder = { pid: process.pid, started: null };
    const board = openBoard();
    for (const [startedAt, isOn] of [
      ['1', true],
      ['99999999999999999999', false],
    ] as const) {
      const told = { ended: false, announcement: { ...announcement, startedAt }, holder };
      await writeFile(path.join(state, 'run.json'), JSON.stringify(told));
      assert.equal((await board.read()) !== undefined, isOn);
    }
  });

  for (const name of ['runs.jsonl', 'run.json']) {
    it(`a folder in the place of ${name}: the runs go on, with one warning`, async () => {
      await mkdir(path.join(state, name), { recursive: true });
      const window = openWindow();
      for (const round of [1, 2]) {
        const { run: begun } = await window.source.startRun({ trigger: 'command' });
        assert.equal((await begun.result).summary.succeeded, TABLES, `round ${round}`);
      }
      assert.equal((await window.source.runs()).length, 2);
      assert.equal(window.log.lines.filter((line) => line.startsWith('warn')).length, 1);
    });
  }

  function openBoard(): FileRunBoard {
    const log = new MemoryLog();
    const prepareFolder = (): Promise<void> => Promise.resolve();
    return new FileRunBoard({ folder: state, prepareFolder, clock: createSystemClock(), log });
  }
});

describe('a folder that can’t be used', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  async function runAsOther(denied: string): Promise<OneRun> {
    const args = [ONE_RUN, database, state, standIn.url, denied];
    const { stdout } = await run(process.execPath, args, { uid: OTHER_USER, gid: OTHER_USER });
    return JSON.parse(stdout) as OneRun;
  }

  /** Lets another user write to the database, and to nothing else. */
  async function giveDatabase(): Promise<void> {
    await chmod(folder, 0o755);
    await chown(path.dirname(database), OTHER_USER, OTHER_USER);
    await chown(database, OTHER_USER, OTHER_USER);
  }

  it('for the state: the run goes on alone, with one sentence that names the folder', async () => {
    await giveDatabase();
    const result = await runAsOther(folder);
    assert.equal(result.denied, 'EACCES');
    assert.deepEqual([result.succeeded, result.failure], [TABLES, null]);
    assert.deepEqual(result.told, [`${OTHER_WINDOWS} The folder ${state} can’t be written to.`]);
    assert.equal(result.warnings.filter((line) => line.includes('other windows')).length, 1);
    assert.equal(await countStored(), TABLES);
  });

  it('for the state, because it is another user’s: what lies there is not believed', async () => {
    await giveDatabase();
    await mkdir(state);
    await chmod(state, 0o777);
    const announced = { kind: 'run', runId: 'feedf00d', startedAt: '1', trigger: 'command', coversAll: true };
    const rest = { window: 'w', done: 0, total: 9, tableIds: [], pid: process.pid };
    const holder = { pid: process.pid, started: null };
    await writeFile(
      path.join(state, 'run.json'),
      JSON.stringify({ ended: false, announcement: { ...announced, ...rest }, holder }),
    );
    const result = await runAsOther(folder);
    assert.equal(result.denied, 'EACCES');
    assert.deepEqual([result.succeeded, result.failure], [TABLES, null]);
    assert.deepEqual(result.told, [`${OTHER_WINDOWS} The folder ${state} belongs to another user.`]);
  });

  it('for the state, because it may only be read, is made writable where it is ours', async () => {
    await giveDatabase();
    await mkdir(state);
    await chown(state, OTHER_USER, OTHER_USER);
    await chmod(state, 0o500);
    const result = await runAsOther(folder);
    assert.equal(result.denied, 'EACCES');
    assert.deepEqual([result.succeeded, result.told, result.warnings], [TABLES, [], []]);
    assert.equal((await lstat(state)).mode & 0o777, 0o700);
  });

  it('for the lock, whose file may not be written: the run goes on alone, with one sentence', async () => {
    await giveDatabase();
    await mkdir(state, { mode: 0o700 });
    const lockFile = path.join(state, 'lock.duckdb');
    await withPlainDuckDb(lockFile, () => Promise.resolve());
    for (const each of [state, lockFile]) await chown(each, OTHER_USER, OTHER_USER);
    await chmod(lockFile, 0o400);
    const result = await runAsOther(lockFile);
    assert.equal(result.denied, 'EACCES');
    assert.deepEqual([result.succeeded, result.failure], [TABLES, null]);
    assert.deepEqual(result.told, [`${OTHER_WINDOWS} The lock file in ${state} can’t be written to.`]);
  });

  it('for the state, because a file is in its place', async () => {
    await writeFile(state, '');
    const window = openWindow();
    const told: string[] = [];
    window.source.onFlightUnavailable((failure) => told.push(flightUnavailableText(failure)));
    for (const round of [1, 2]) {
      const { run: begun } = await window.source.startRun({ trigger: 'command' });
      assert.equal((await begun.result).summary.succeeded, TABLES, `round ${round}`);
    }
    assert.deepEqual(told, [`${OTHER_WINDOWS} The folder ${state} can’t be written to.`]);
    assert.equal((await window.source.runs()).length, 2, 'kept in memory');
  });

  it('for the database, because it is read only: its tables show, and nothing is asked for', async () => {
    await chmod(folder, 0o755);
    await mkdir(state);
    await chown(state, OTHER_USER, OTHER_USER);
    const result = await runAsOther(path.dirname(database));
    assert.equal(result.denied, 'EACCES');
    assert.deepEqual([result.shown, result.succeeded, result.failure], [TABLES, 0, 'fileReadOnly']);
    assert.equal(standIn.counts.received, 0);
    assert.equal(await countStored(), 0);
  });
});

describe('a disk without space', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  /** A small file system; where none can be made, the test fails. */
  async function withDisk(at: string, sizeMb: number, work: () => Promise<void>): Promise<void> {
    await mkdir(at, { recursive: true, mode: 0o700 });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=700`, 'tmpfs', at]);
    try {
      await work();
    } finally {
      await run('umount', ['-l', at]);
    }
  }

  /** Leaves so many kilobytes. @returns what gives the space back */
  async function fill(at: string, leftKb: number): Promise<() => Promise<void>> {
    const { stdout } = await run('df', ['-k', '--output=avail', at]);
    const availableKb = Number(stdout.trim().split('\n').at(-1));
    const ballast = path.join(at, 'ballast');
    await writeFile(ballast, Buffer.alloc(Math.max(0, availableKb - leftKb) * 1_024));
    return () => rm(ballast);
  }

  it('for the database ends the run in words; nothing is torn, and it works once there is space', async () => {
    const disk = path.join(folder, 'disk');
    await withDisk(disk, 8, async () => {
      database = path.join(disk, 'system.duckdb');
      await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
      const free = await fill(disk, 40);
      const window = openWindow();
      const { run: begun } = await window.source.startRun({ trigger: 'command' });
      const { summary, failure } = await begun.result;
      assert.deepEqual([failure?.reason, summary.succeeded, summary.notStored], ['diskFull', 0, TABLES]);
      await free();
      assert.equal(await countStored(), 0);
      const again = await window.source.startRun({ trigger: 'command' });
      assert.equal((await again.run.result).summary.succeeded, TABLES);
      assert.equal(await countStored(), TABLES);
      await assert.rejects(access(`${database}.wal`));
      await window.dispose();
    });
  });

  it('for the database that fills up between two stores: what was stored before is whole, the rest is told', async () => {
    const tables = 60;
    const disk = path.join(folder, 'disk');
    await withDisk(disk, 16, async () => {
      database = path.join(disk, 'system.duckdb');
      await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(tables) });
      const free = await fill(disk, 3_000);
      const window = openWindow();
      const { run: begun } = await window.source.startRun({ trigger: 'command' });
      const { summary, failure } = await begun.result;
      assert.equal(failure?.reason, 'diskFull');
      const { succeeded, notStored } = summary;
      assert.ok(succeeded > 0 && notStored > 0, `${succeeded} stored, ${notStored} not`);
      assert.equal(succeeded + notStored, tables);
      await free();
      assert.equal(await countStored(), succeeded);
      await window.dispose();
    });
  });

  it('for the state: the run goes on, it is told once, and no run shows for ever as being on', async () => {
    await withDisk(state, 4, async () => {
      const free = await fill(state, 0);
      const window = openWindow();
      const told: string[] = [];
      window.source.onFlightUnavailable((failure) => told.push(flightUnavailableText(failure)));
      for (const round of [1, 2]) {
        const { run: begun } = await window.source.startRun({ trigger: 'command' });
        assert.equal((await begun.result).summary.succeeded, TABLES, `round ${round}`);
      }
      assert.deepEqual(told, [`${OTHER_WINDOWS} The lock file in ${state} can’t be written to.`]);
      assert.equal((await window.source.runs()).length, 2, 'kept in memory');
      await free();
      const last = await window.source.startRun({ trigger: 'command' });
      assert.equal((await last.run.result).summary.succeeded, TABLES);
      const other = openWindow();
      assert.equal((await other.source.runs()).length, 3, 'what was in memory is in the file now');
      await Promise.all([window.dispose(), other.dispose()]);
    });
  });

  it('that fills up during a run: the end of the run is told all the same', async () => {
    await withDisk(state, 4, async () => {
      const [window, other] = [openWindow(), openWindow()];
      standIn.hold();
      const { run: begun } = await window.source.startRun({ trigger: 'command' });
      await standIn.until(({ received }) => received === TABLES);
      const joined = await other.source.startRun({ trigger: 'command' });
      assert.equal(joined.joined, true);
      await fill(state, 0);
      standIn.release();
      assert.equal((await begun.result).summary.succeeded, TABLES);
      // Where the history could not be written either, the other window knows only that it is over.
      const { summary, failure } = await joined.run.result;
      assert.ok(failure?.reason === 'flightVanished' || summary.succeeded === TABLES, failure?.message);
      await Promise.all([window.dispose(), other.dispose()]);
    });
  });
});

describe('a database that goes away during a run', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  it('deleted: the run ends in words, and no file is made in its place', async () => {
    const window = openWindow();
    standIn.hold();
    const { run: begun } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === TABLES);
    await rm(database);
    standIn.release();
    const { summary, failure } = await begun.result;
    assert.deepEqual([failure?.reason, summary.notStored], ['fileMissing', TABLES]);
    await assert.rejects(access(database));
  });

  it('replaced by another one: what is registered there the same way is stored, and nothing else', async () => {
    const window = openWindow();
    standIn.hold();
    const { run: begun } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === TABLES);
    const [moved, ...same] = eligibleRegistrations(TABLES - 1);
    const other = path.join(folder, 'restored.duckdb');
    await writeAgnesFile(other, {
      era: 'current',
      registrations: [{ ...moved, id: 'table_0000', bucket: 'moved' }, ...same],
    });
    await rename(other, database);
    standIn.release();
    const { summary, failure } = await begun.result;
    assert.equal(failure, undefined);
    // One has another address by now, and one is not registered any more.
    assert.deepEqual([summary.succeeded, summary.failed], [TABLES - 2, 2]);
    assert.equal(await countStored(), TABLES - 2);
  });

  it('replaced by one with later rows: those stay', async () => {
    const window = openWindow();
    standIn.hold();
    const { run: begun } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === TABLES);
    const other = path.join(folder, 'restored.duckdb');
    const refreshedAt = BigInt(Date.now() + 60_000) * 1_000n;
    await writeAgnesFile(other, {
      era: 'current',
      registrations: eligibleRegistrations(TABLES),
      cached: [{ tableId: 'table_0000', rows: 7n, refreshedAt }],
    });
    await rename(other, database);
    standIn.release();
    const { summary, failure, outcomes } = await begun.result;
    assert.deepEqual([failure, summary.succeeded], [undefined, TABLES]);
    assert.deepEqual(
      outcomes.map((outcome) => 'stored' in outcome && outcome.stored),
      ['superseded', ...Array.from({ length: TABLES - 1 }, () => 'stored')],
    );
    const [row] = await readElsewhere(
      database,
      'SELECT rows::INTEGER FROM bq_metadata_cache WHERE rows <> 42',
    );
    assert.deepEqual(row, [7]);
  });
});
