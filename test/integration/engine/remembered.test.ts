import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { eligibleRegistrations, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { writeElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { LocalWindow } from './localWindow.ts';

/** When BigQuery says that the data last changed. */
const CHANGED_MS = 1_777_777_777_123;

describe('what a window remembers of a shared file', () => {
  let folder: string;
  let database: string;
  let standIn: BigQueryStandIn;
  let rows = '1000';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-remembered-')));
    database = path.join(folder, 'system.duckdb');
    rows = '1000';
    standIn = await BigQueryStandIn.start({
      tables: () => ({
        resource: { type: 'TABLE', numRows: rows, numBytes: '1024', lastModifiedTime: String(CHANGED_MS) },
      }),
    });
    await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(3) });
  });
  afterEach(async () => {
    await standIn.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** A window on the file, from its opening to its end. */
  async function inWindow(work: (window: LocalWindow, model: TableModel) => Promise<void>): Promise<void> {
    const window = new LocalWindow({
      database,
      endpoint: standIn.url,
      stateFolder: path.join(folder, 'state'),
    });
    const model = new TableModel(createSystemClock());
    model.setSource(window.source);
    await Promise.all([model.load(), window.source.memory.load()]);
    try {
      await work(window, model);
    } finally {
      model.dispose();
      await window.dispose();
    }
  }
  async function refresh(window: LocalWindow): Promise<void> {
    const { run } = await window.source.startRun({ trigger: 'command' });
    assert.equal((await run.result).summary.succeeded, 3);
  }

  it('is there for the window after it: the second clock, the change, the history, and where it pointed', async () => {
    let id = '';
    await inWindow(async (window, model) => {
      await refresh(window);
      rows = '10';
      await refresh(window);
      [{ registration: { id } } = assert.fail('no table')] = [...model.tables];
      assert.equal(model.table(id)?.lastModified?.at, BigInt(CHANGED_MS) * 1_000n);
    });
    await inWindow(async (window, model) => {
      const view = model.table(id) ?? assert.fail();
      assert.equal(view.lastModified?.at, BigInt(CHANGED_MS) * 1_000n);
      assert.equal(view.lastModified.observedAt, view.cached?.refreshedAt);
      assert.deepEqual(view.change?.what.rows, { before: 1_000n, after: 10n });
      assert.equal(view.repointed, false);
      assert.deepEqual(
        (await window.source.memory.history(id)).map((point) => point.rows),
        [1_000n, 10n],
      );
    });
    await writeElsewhere(database, "UPDATE table_registry SET bucket = 'elsewhere'");
    await inWindow((_window, model) => {
      assert.equal(model.table(id)?.repointed, true);
      return Promise.resolve();
    });
  });
});
