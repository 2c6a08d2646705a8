import assert from 'node:assert/strict';
import { access, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isCompleted } from '../../../src/core/runSummary.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, INELIGIBLE_REGISTRATIONS, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { holdElsewhere, readElsewhere, writeElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { LocalWindow, type LocalWindowOptions } from './localWindow.ts';

const TABLES = 300;
const NEVER = new AbortController().signal;

describe('local source, from BigQuery to the shared file', () => {
  let folder: string;
  let standIn: BigQueryStandIn;
  let window: LocalWindow;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-engine-')));
    standIn = await BigQueryStandIn.start({
      latencyMs: 5,
      tables: () => ({ resource: { type: 'TABLE', numRows: '42', numBytes: '1024' } }),
    });
    await writeAgnesFile(path.join(folder, 'system.duckdb'), {
      era: 'current',
      registrations: [...eligibleRegistrations(TABLES), ...INELIGIBLE_REGISTRATIONS],
    });
    window = openWindow();
  });
  afterEach(async () => {
    await window.dispose();
    await standIn.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function openWindow(more: Partial<LocalWindowOptions> = {}): LocalWindow {
    return new LocalWindow({
      database: path.join(folder, 'system.duckdb'),
      endpoint: standIn.url,
      stateFolder: path.join(folder, 'state'),
      ...more,
    });
  }

  function countFresh(): Promise<number> {
    return countRows('refreshed_at IS NOT NULL AND rows = 42');
  }

  async function countRows(condition: string): Promise<number> {
    const sql = `SELECT count(*) FROM bq_metadata_cache WHERE ${condition}`;
    const [row] = await readElsewhere(path.join(folder, 'system.duckdb'), sql);
    return Number(row?.[0]);
  }

  it('asks once a table, stores every row, and leaves no log behind', async () => {
    const { run } = await window.source.startRun({ trigger: 'command' });
    const { summary } = await run.result;
    assert.deepEqual([summary.total, summary.succeeded, isCompleted(summary)], [TABLES, TABLES, true]);
    assert.equal(standIn.counts.received, TABLES);
    assert.equal(await countFresh(), TABLES);
    await assert.rejects(access(path.join(folder, 'system.duckdb.wal')));
  });

  it('never holds the file while it waits for BigQuery', async () => {
    standIn.hold();
    const { run } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === 16);
    // Fails at once when anybody holds the file.
    await writeElsewhere(path.join(folder, 'system.duckdb'), 'CREATE TABLE written_meanwhile (i INTEGER)');
    standIn.release();
    assert.equal((await run.result).summary.succeeded, TABLES);
  });

  it('loses nothing that was stored, and ends in words, when the child is killed in the middle', async () => {
    standIn.hold();
    const { run } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === 16);
    process.kill(window.worker.pid ?? assert.fail('no child'), 'SIGKILL');
    standIn.release();
    const { summary } = await run.result;
    const { succeeded, failed, notStored, notAttempted, cancelled, noData, total } = summary;
    assert.equal(succeeded + failed + notAttempted + cancelled + noData, total);
    assert.equal(await countFresh(), succeeded);
    // The next one works, with a new child.
    const again = await window.source.startRun({ trigger: 'command' });
    assert.equal((await again.run.result).summary.succeeded, TABLES);
    assert.ok(notStored <= failed);
  });

  it('reports what could not be stored because another process kept the file', async () => {
    const impatient = openWindow({ waits: { readMs: 0, writeMs: 0 } });
    try {
      standIn.hold();
      const { run } = await impatient.source.startRun({
        trigger: 'command',
        selection: ({ registration }) => registration.id <= 'table_0003',
      });
      await standIn.until(({ received }) => received === 4);
      const holder = await holdElsewhere(path.join(folder, 'system.duckdb'));
      standIn.release();
      const { summary, failure } = await run.result;
      await holder.release();
      assert.deepEqual([summary.total, summary.failed, summary.notStored], [4, 4, 4]);
      assert.equal(failure?.reason, 'fileBusy');
      assert.equal(failure.holder?.pid, holder.pid);
      assert.equal(await countFresh(), 0);
    } finally {
      await impatient.dispose();
    }
  });

  it('keeps one table’s error beside its last good numbers', async () => {
    await window.source.refreshTable('table_0001', NEVER);
    await standIn.dispose();
    standIn = await BigQueryStandIn.start({ tables: new Map() });
    const other = openWindow();
    try {
      const outcome = await other.source.refreshTable('table_0001', NEVER);
      assert.equal(outcome.status, 'no_data');
      assert.equal(await countRows("rows = 42 AND error_msg LIKE 'provider returned no data: %'"), 1);
    } finally {
      await other.dispose();
    }
  });

  it('tells of what other processes write, and of nothing when they only read', async () => {
    let changes = 0;
    const changed = new Promise<void>((resolve) => {
      window.source.onChangedByOthers(() => {
        changes += 1;
        resolve();
      });
    });
    await window.source.load();
    await readElsewhere(path.join(folder, 'system.duckdb'), 'SELECT 1');
    assert.equal(changes, 0);
    await writeElsewhere(
      path.join(folder, 'system.duckdb'),
      "UPDATE table_registry SET name = 'renamed' WHERE id = 'table_0000'",
    );
    await changed;
    const { rows } = await window.source.load();
    assert.ok(rows.some(({ registration }) => registration.name === 'renamed'));
  });

  it('shows another window the runs of this one', async () => {
    const { run } = await window.source.startRun({ trigger: 'timer' });
    const { summary } = await run.result;
    const other = openWindow();
    try {
      const [record] = await other.source.runs();
      assert.deepEqual(record?.summary, summary);
    } finally {
      await other.dispose();
    }
  });

  it('ends its requests and its child when it is disposed in the middle of a run', async () => {
    standIn.hold();
    const { run } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === 16);
    await window.dispose();
    await standIn.until(({ abandoned }) => abandoned === 16);
    assert.equal((await run.result).summary.cancelled, TABLES);
    assert.equal(window.worker.pid, undefined);
  });
});
