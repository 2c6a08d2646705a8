import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DuckDbTableStore } from '../../../src/adapters/duckdb/duckDbTableStore.ts';
import { DuckDbWorker } from '../../../src/adapters/duckdb/duckDbWorker.ts';
import { eligibleRegistrations, withPlainDuckDb, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { holdElsewhere, readElsewhere, writeElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, PATIENT, assertReason, entryPath, failureOf, resultsOf, success } from './harness.ts';
import { WorkerWatch } from './workerWatch.ts';

const IDLE_MS = 60_000;
const DEADLINE_MS = 60_000;
const GRACE_MS = 5_000;

describe('the DuckDB process', () => {
  let bench: Bench;
  let watch: WorkerWatch;
  beforeEach(async () => {
    bench = await Bench.create();
    watch = await WorkerWatch.listen(bench.path('watch'));
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(2) });
  });
  afterEach(async () => {
    await watch.close();
    await bench.dispose();
  });

  function watchedWorker(env: NodeJS.ProcessEnv = {}): DuckDbWorker {
    return bench.worker({
      entry: entryPath('watchedWorker.ts'),
      env: { WATCH_SOCKET: watch.socketPath, ...env },
    });
  }
  const crashingWorker = (point: string): DuckDbWorker =>
    watchedWorker({ CRASH_AT: point, CRASH_MARKER: bench.path('crashed') });
  const storeOn = (worker: DuckDbWorker): DuckDbTableStore =>
    new DuckDbTableStore(bench.path(), worker, bench.clock, PATIENT);
  const storedIds = (): Promise<unknown> =>
    readElsewhere(bench.path(), 'SELECT table_id FROM bq_metadata_cache');
  const assertFree = (): Promise<void> =>
    writeElsewhere(bench.path(), "UPDATE table_registry SET folder = 'written'");
  /** A registry that takes seconds to read, and is refused in the end: it has too many rows. */
  async function writeSlowFile(): Promise<void> {
    await withPlainDuckDb(bench.path('slow'), async (connection) => {
      await connection.run(`CREATE TABLE table_registry AS SELECT 'id' || (i * 7919 % 3000017) AS id, 'name' || i AS name,
        'remote' AS query_mode, 'bigquery' AS source_type FROM range(2000000) t(i)`);
    });
  }

  it('starts on first need and serves several files', async () => {
    const worker = watchedWorker();
    await writeAgnesFile(bench.path('other'), { era: '0.52', registrations: eligibleRegistrations(3) });
    assert.equal(worker.pid, undefined);
    const other = new DuckDbTableStore(bench.path('other'), worker, bench.clock);
    const [first, second] = await Promise.all([storeOn(worker).readCatalog(), other.readCatalog()]);
    assert.deepEqual([first.rows.length, second.rows.length], [2, 3]);
    await watch.nextProcess();
    assert.equal(watch.unseen, 0);
  });

  it('is not given what would attach to it', async () => {
    const worker = watchedWorker({ NODE_OPTIONS: '--require=/nowhere', VSCODE_INSPECTOR_OPTIONS: '{}' });
    assert.equal((await storeOn(worker).readCatalog()).rows.length, 2);
  });

  it('ends when idle, and starts again', async () => {
    const worker = watchedWorker();
    const store = storeOn(worker);
    await store.readCatalog();
    const first = await watch.nextProcess();
    await bench.clock.advance(IDLE_MS - 1);
    assert.notEqual(worker.pid, undefined);
    await store.readCatalog();
    await bench.clock.advance(IDLE_MS - 1);
    assert.equal(watch.unseen, 0);
    await bench.clock.advance(1);
    await first.gone;
    assert.equal((await store.readCatalog()).rows.length, 2);
    await watch.nextProcess();
  });

  it('killed while reading: the read is made once more', async () => {
    const store = storeOn(crashingWorker('reading'));
    assert.equal((await store.readCatalog()).rows.length, 2);
    await (
      await watch.nextProcess()
    ).gone;
    await watch.nextProcess();
  });

  it('killed twice while reading: the read fails', async () => {
    const worker = watchedWorker({ CRASH_AT: 'opened', CRASH_MARKER: bench.path('no/such/folder') });
    const twice = bench.worker({ entry: bench.path('dies.ts') });
    await writeFile(bench.path('dies.ts'), "process.stderr.write('why'); process.exit(3);");
    const failure = await failureOf(storeOn(twice).readCatalog());
    assert.deepEqual([failure.reason, failure.detail], ['workerCrashed', 'exit 3 why']);
    assert.equal((await storeOn(worker).readCatalog()).rows.length, 2);
  });

  it('one that can’t be started fails the calls, those that wait as well, and the next call tries again', async () => {
    const env: NodeJS.ProcessEnv = { ...process.env, UNUSABLE: 'a\0b' };
    const worker = new DuckDbWorker({ entryPath: entryPath(), clock: bench.clock, env });
    const store = storeOn(worker);
    const calls = [store.readCatalog(), store.storeOutcomes([success('table_0000')]), store.readCatalog()];
    for (const call of await Promise.all(calls.map(failureOf))) assert.equal(call.reason, 'workerCrashed');
    delete env['UNUSABLE'];
    assert.equal((await store.readCatalog()).rows.length, 2);
    await worker.dispose();
  });

  it('one that can’t be started again fails the call that a crash cut off, and those that wait', async () => {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      WATCH_SOCKET: watch.socketPath,
      CRASH_AT: 'opened',
      CRASH_MARKER: bench.path('crashed'),
    };
    const worker = new DuckDbWorker({ entryPath: entryPath('watchedWorker.ts'), clock: bench.clock, env });
    const file = { path: bench.path(), busyWaitMs: 0 };
    const calls = [worker.call('readCatalog', file), worker.call('readCatalog', file)];
    env['UNUSABLE'] = 'a\0b';
    for (const call of await Promise.all(calls.map(failureOf))) assert.equal(call.reason, 'workerCrashed');
    assert.equal(worker.pid, undefined);
    await worker.dispose();
  });

  for (const [point, stored] of [
    ['opened', []],
    ['written', []],
    ['committed', [['table_0000']]],
    ['checkpointed', [['table_0000']]],
  ] as const) {
    it(`killed while storing, ${point}: the store fails, is not repeated, and is whole or not at all`, async () => {
      const store = storeOn(crashingWorker(point));
      await assertReason(store.storeOutcomes([success('table_0000')]), 'workerCrashed');
      await (await watch.nextProcess()).said(point);
      assert.equal(watch.unseen, 0);
      assert.deepEqual(await storedIds(), stored);
      assert.deepEqual(await resultsOf(store.storeOutcomes([success('table_0001')])), ['stored']);
      assert.deepEqual(
        (await readdir(bench.folder)).filter((name) => name.endsWith('.wal')),
        [],
      );
    });
  }

  it('leaves when its parent is killed, idle, at work or waiting, and lets the file go', async () => {
    const startParent = (path: string): ReturnType<typeof spawn> =>
      spawn(process.execPath, [entryPath('storeScript.ts'), 'read', path], {
        env: {
          ...process.env,
          WATCH_SOCKET: watch.socketPath,
          WORKER_ENTRY: entryPath('watchedWorker.ts'),
        },
        stdio: ['pipe', 'ignore', 'inherit'],
      });
    const idle = startParent(bench.path());
    const idleWorker = await watch.nextProcess();
    await idleWorker.said('checkpointed');
    idle.kill('SIGKILL');
    await idleWorker.gone;

    await writeSlowFile();
    const busy = startParent(bench.path('slow'));
    const busyWorker = await watch.nextProcess();
    await busyWorker.said('reading');
    busy.kill('SIGKILL');
    await busyWorker.gone;
    await writeElsewhere(bench.path('slow'), 'CREATE TABLE free (i INTEGER)');

    const holder = await holdElsewhere(bench.path());
    const waiting = startParent(bench.path());
    const waitingWorker = await watch.nextProcess();
    await waitingWorker.said('started');
    waiting.kill('SIGKILL');
    await waitingWorker.gone;
    await holder.release();
  });

  it('drops a call that waits when it is cancelled, and one that was cancelled before', async () => {
    const store = storeOn(watchedWorker());
    const holder = await holdElsewhere(bench.path());
    const first = store.readCatalog();
    const abort = new AbortController();
    const second = store.storeOutcomes([success('table_0000')], { signal: abort.signal });
    const third = store.storeOutcomes([success('table_0001')]);
    await (await watch.nextProcess()).said('started');
    abort.abort();
    await assertReason(second, 'cancelled');
    await assertReason(store.readCatalog({ signal: AbortSignal.abort() }), 'cancelled');
    await holder.release();
    assert.equal((await first).rows.length, 2);
    assert.deepEqual(await resultsOf(third), ['stored']);
    assert.deepEqual(await storedIds(), [['table_0001']]);
  });

  it('stops waiting for a held file when it is cancelled, and stores nothing', async () => {
    const store = storeOn(watchedWorker());
    const holder = await holdElsewhere(bench.path());
    const abort = new AbortController();
    const storing = store.storeOutcomes([success('table_0000')], { signal: abort.signal });
    await (await watch.nextProcess()).said('started');
    abort.abort();
    await assertReason(storing, 'cancelled');
    await holder.release();
    await store.readCatalog();
    assert.deepEqual(await storedIds(), []);
    assert.equal(watch.unseen, 0);
  });

  it('interrupts a query when it is cancelled, lets the file go, and goes on', async () => {
    await writeSlowFile();
    const worker = watchedWorker();
    const abort = new AbortController();
    const reading = new DuckDbTableStore(bench.path('slow'), worker, bench.clock).readCatalog({
      signal: abort.signal,
    });
    await (await watch.nextProcess()).said('reading');
    abort.abort();
    await assertReason(reading, 'cancelled');
    await writeElsewhere(bench.path('slow'), 'CREATE TABLE free (i INTEGER)');
    assert.equal((await storeOn(worker).readCatalog()).rows.length, 2);
    assert.equal(watch.unseen, 0);
  });

  it('is ended when it does not answer in time, and the next call has another one', async () => {
    const worker = watchedWorker();
    const store = storeOn(worker);
    await store.readCatalog();
    const stuck = await watch.nextProcess();
    process.kill(worker.pid ?? 0, 'SIGSTOP');
    const reading = worker.call('readCatalog', { path: bench.path(), busyWaitMs: 0 });
    await bench.clock.advance(DEADLINE_MS);
    await bench.clock.advance(GRACE_MS);
    await stuck.gone;
    assert.match((await failureOf(reading)).message, /workerCrashed: no answer in 60000 ms/);
    assert.equal((await store.readCatalog()).rows.length, 2);
    await assertFree();
  });

  it('is killed when it does not notice that it was cancelled', async () => {
    const worker = watchedWorker();
    const store = storeOn(worker);
    await store.readCatalog();
    const stuck = await watch.nextProcess();
    process.kill(worker.pid ?? 0, 'SIGSTOP');
    const abort = new AbortController();
    const file = { path: bench.path(), busyWaitMs: 0 };
    const reading = worker.call('readCatalog', file, abort.signal);
    abort.abort();
    await bench.clock.advance(GRACE_MS);
    await bench.clock.advance(GRACE_MS);
    await stuck.gone;
    await assertReason(reading, 'cancelled');
  });

  it('is gone after dispose, with what waited and what was at work', async () => {
    await writeSlowFile();
    const worker = watchedWorker();
    const reading = new DuckDbTableStore(bench.path('slow'), worker, bench.clock).readCatalog();
    const running = await watch.nextProcess();
    await running.said('reading');
    const waiting = worker.call('readCatalog', { path: bench.path(), busyWaitMs: 0 });
    const settled = Promise.all([assertReason(reading, 'cancelled'), assertReason(waiting, 'cancelled')]);
    await worker.dispose();
    await settled;
    await running.gone;
    await assertReason(storeOn(worker).readCatalog(), 'cancelled');
    await writeElsewhere(bench.path('slow'), 'CREATE TABLE free (i INTEGER)');
  });

  it('refuses calls without end', async () => {
    const worker = watchedWorker();
    const file = { path: bench.path(), busyWaitMs: 0 };
    const calls = Array.from({ length: 66 }, () => worker.call('readCatalog', file));
    const results = await Promise.allSettled(calls);
    assert.deepEqual(
      results.map(({ status }) => status),
      [...Array.from({ length: 65 }, () => 'fulfilled'), 'rejected'],
    );
  });

  it('says so where there is no DuckDB for the platform', async () => {
    const source = fileURLToPath(new URL('../../../src', import.meta.url));
    await cp(source, bench.path('src'), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    const worker = bench.worker({ entry: bench.path('src/adapters/duckdb/workerEntry.ts') });
    await assertReason(storeOn(worker).readCatalog(), 'duckDbMissing');
  });
});
