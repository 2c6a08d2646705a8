import assert from 'node:assert/strict';
import { access, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgnesFailure } from '../../../src/core/failure.ts';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import { isCompleted } from '../../../src/core/runSummary.ts';
import type { CatalogRow } from '../../../src/ports/tableStore.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, INELIGIBLE_REGISTRATIONS, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { holdElsewhere, readElsewhere, writeElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { registration } from '../../fixtures/engineFakes.ts';
import { LocalWindow, PROJECT, type LocalWindowOptions } from './localWindow.ts';

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

  it('tells what of a table became different, also of one that is stored late, and keeps it with the run', async () => {
    const chosen = (row: CatalogRow): boolean => row.registration.id < 'table_0002';
    await (
      await window.source.startRun({ trigger: 'command', selection: chosen })
    ).run.result;
    await standIn.dispose();
    standIn = await BigQueryStandIn.start({
      tables: ({ table }) => ({
        resource: { type: 'TABLE', numRows: table === 'table_0000' ? '0' : '42', numBytes: '1' },
      }),
    });
    const emptied = { columns: null, entityType: null, partitionBy: null, rows: { before: 42n, after: 0n } };
    const changes = [{ tableId: 'table_0000', change: emptied }];
    const other = openWindow({ waits: { readMs: 0, writeMs: 0 } });
    try {
      standIn.hold();
      const { run } = await other.source.startRun({ trigger: 'command', selection: chosen });
      await standIn.until(({ received }) => received === 2);
      const holder = await holdElsewhere(path.join(folder, 'system.duckdb'));
      standIn.release();
      assert.equal((await run.result).summary.notStored, 2);
      const late = new Promise<RefreshOutcome>((resolve) => {
        other.source.onTableEvent((event) => {
          if (event.kind === 'tableSettled' && event.outcome.tableId === 'table_0000') resolve(event.outcome);
        });
      });
      await holder.release();
      const outcome = await late;
      assert.ok(outcome.status === 'ok' && outcome.stored === 'stored');
      assert.deepEqual(outcome.change, emptied);
      const again = await other.source.refreshTable('table_0000', NEVER);
      assert.ok(again.status === 'ok' && again.stored === 'stored' && again.change === undefined);
    } finally {
      await other.dispose();
    }
    assert.deepEqual((await window.source.runs()).at(-1)?.changes, changes);
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

  describe('asked for what is not cached of a table', () => {
    it('asks BigQuery, and touches nothing of the file', async () => {
      const { columns, lastModified } = await window.source.inspect(registration('table_0001'), NEVER);
      assert.deepEqual([columns, lastModified], [[], null]);
      assert.deepEqual(
        standIn.requests.map(({ table }) => table?.split('.').at(0)),
        [PROJECT],
      );
      assert.equal(await countRows('true'), 0);
    });

    it('ends with its signal', async () => {
      standIn.hold();
      const abortion = new AbortController();
      const asking = window.source.inspect(registration('table_0001'), abortion.signal);
      await standIn.until(({ received }) => received === 1);
      abortion.abort();
      await assert.rejects(asking, { reason: 'cancelled' });
      await standIn.until(({ abandoned }) => abandoned === 1);
    });

    it('does so while another program holds the file', async () => {
      const holder = await holdElsewhere(path.join(folder, 'system.duckdb'));
      try {
        await assert.rejects(window.source.load({ quick: true }), { reason: 'fileBusy' });
        const { columns } = await window.source.inspect(registration('table_0001'), NEVER);
        assert.deepEqual(columns, []);
      } finally {
        await holder.release();
      }
    });
  });

  describe('address of a table', () => {
    const label = registration('t', { bucket: 'A label' });
    const byName = registration('t', { bqFqn: 'other-project.raw.t', bucket: 'A label' });
    const byProject = registration('t');

    it('is that of a refresh, where it can be told', () => {
      const { source } = window;
      assert.deepEqual(source.addressOf(byName), { project: 'other-project', dataset: 'raw', table: 't' });
      assert.deepEqual(source.addressOf(byProject), { project: PROJECT, dataset: 'sales', table: 't' });
      assert.equal(source.addressOf(label), undefined);
    });

    it('needs no setting where the registration has it, and is not told where it needs one', async () => {
      const prepare = (): never => {
        throw new AgnesFailure('settingInvalid');
      };
      const other = openWindow({ alter: (parts) => ({ ...parts, prepare }) });
      try {
        assert.deepEqual(other.source.addressOf(byName), {
          project: 'other-project',
          dataset: 'raw',
          table: 't',
        });
        assert.equal(other.source.addressOf(byProject), undefined);
      } finally {
        await other.dispose();
      }
    });

    it('is not told where no project is set', async () => {
      const alter: LocalWindowOptions['alter'] = (parts) => ({
        ...parts,
        prepare: () => ({ ...parts.prepare(), project: undefined }),
      });
      const other = openWindow({ alter });
      try {
        assert.equal(other.source.addressOf(byProject), undefined);
      } finally {
        await other.dispose();
      }
    });
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
