import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { withDuckDbFile } from '../../../src/adapters/duckdb/duckDbFile.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { eligibleRegistrations, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { holdElsewhere, readElsewhere, writeElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, IMPATIENT, assertReason, entryPath, failureOf, resultsOf, success } from './harness.ts';

describe('a file that others use', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(40) });
  });
  afterEach(() => bench.dispose());

  it('is busy while another process holds it for writing, and says who', async () => {
    const holder = await holdElsewhere(bench.path());
    const store = bench.store(bench.path(), IMPATIENT);
    for (const failure of [
      await failureOf(store.readCatalog()),
      await failureOf(store.storeOutcomes([success('table_0000')])),
    ]) {
      assert.equal(failure.reason, 'fileBusy');
      assert.deepEqual(failure.holder, { pid: holder.pid, name: basename(process.execPath) });
    }
    await holder.release();
    assert.equal((await store.readCatalog()).rows.length, 40);
  });

  it('can be read, not written, while another process reads it', async () => {
    const holder = await holdElsewhere(bench.path(), 'READ_ONLY');
    const store = bench.store(bench.path(), IMPATIENT);
    assert.equal((await store.readCatalog()).rows.length, 40);
    const failure = await failureOf(store.storeOutcomes([success('table_0000')]));
    assert.deepEqual([failure.reason, failure.holder?.pid], ['fileBusy', holder.pid]);
    await holder.release();
  });

  it('is waited for, to read and to write', async () => {
    const holder = await holdElsewhere(bench.path());
    const reader = bench.store().readCatalog();
    const writer = bench.store().storeOutcomes([success('table_0000')]);
    await assertReason(bench.store(bench.path(), IMPATIENT).readCatalog(), 'fileBusy');
    await holder.release();
    assert.equal((await reader).rows.length, 40);
    assert.deepEqual(await resultsOf(writer), ['stored']);
  });

  it('is asked for again after irregular pauses, until the time for it is over', async () => {
    const holder = await holdElsewhere(bench.path());
    const pauses: number[] = [];
    let ms = 0;
    const clock: Clock = {
      now: () => bench.clock.now(),
      monotonicMs: () => ms,
      after: (delayMs, callback) => {
        pauses.push(delayMs);
        ms += delayMs;
        setImmediate(callback);
        return () => undefined;
      },
    };
    const randoms = [0, 0.5, 0.9];
    const context = {
      signal: new AbortController().signal,
      clock,
      random: () => randoms.shift() ?? 0,
      reached: () => undefined,
    };
    const file = { path: bench.path(), writing: true, busyWaitMs: 160 };
    await assertReason(
      withDuckDbFile(file, context, () => Promise.resolve()),
      'fileBusy',
    );
    assert.deepEqual(pauses, [25, 50, 70, 25]);
    await holder.release();
  });

  it('is free after every call, whatever came of it', async () => {
    const store = bench.store();
    const free = (): Promise<void> =>
      writeElsewhere(bench.path(), "UPDATE table_registry SET folder = 'written' WHERE id = 'table_0000'");
    await store.readCatalog();
    await free();
    await store.readTable('table_0000');
    await free();
    await store.readDetails('table_0000');
    await free();
    await store.storeOutcomes([success('table_0000')]);
    await free();
    await writeElsewhere(bench.path(), 'ALTER TABLE bq_metadata_cache DROP COLUMN known_columns');
    await assertReason(store.storeOutcomes([success('table_0000')]), 'fileTooOldToWrite');
    await free();
    await writeElsewhere(
      bench.path(),
      'ALTER TABLE column_metadata RENAME TO other',
      'DROP TABLE table_notes',
    );
    await writeElsewhere(bench.path(), 'DROP TABLE table_registry');
    await assertReason(store.readCatalog(), 'fileWithoutTables');
    await writeElsewhere(bench.path(), 'CREATE TABLE free (i INTEGER)');
  });

  it('keeps the rows of two processes that store at once', async () => {
    const ids = eligibleRegistrations(40).map(({ id }) => id ?? '');
    const storing = [ids.slice(0, 20), ids.slice(20)].map((half) =>
      promisify(execFile)(process.execPath, [entryPath('storeScript.ts'), 'store', bench.path(), ...half]),
    );
    await Promise.all(storing);
    const rows = await readElsewhere(
      bench.path(),
      'SELECT table_id, count(*) OVER (PARTITION BY rows)::INTEGER FROM bq_metadata_cache ORDER BY table_id',
    );
    assert.deepEqual(
      rows,
      ids.map((id) => [id, 20]),
    );
    assert.deepEqual(await readdir(bench.folder), ['system.duckdb']);
  });
});
