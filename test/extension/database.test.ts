import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { FailureReason } from '../../src/core/failure.ts';
import { BigQueryStandIn } from '../../src/sample/bigQueryStandIn.ts';
import type { TableModel } from '../../src/sources/tableModel.ts';
import { writeAgnesFile, withPlainDuckDb } from '../fixtures/agnesFile.ts';
import { activeModel, idsIn, temporaryFolder, TestSettings, until } from './support.ts';

const PROJECT = 'extension-tests';

describe('a database of Agnes', () => {
  const folder = temporaryFolder();
  const settings = new TestSettings();
  let model: TableModel;
  let standIn: BigQueryStandIn;

  before(async () => {
    model = await activeModel();
    await settings.set({ autoRefresh: false });
    standIn = await BigQueryStandIn.start({
      tables: ({ table }) =>
        table === 'gone' ? undefined : { resource: { type: 'TABLE', numRows: '42', numBytes: '1024' } },
    });
  });
  after(async () => {
    await settings.reset();
    await until(model, ({ source }) => source === undefined);
    await standIn.dispose();
    folder.remove();
  });

  async function openFile(name: string, ids: readonly string[]): Promise<string> {
    const file = folder.file(name);
    await writeAgnesFile(file, {
      era: 'current',
      registrations: ids.map((id) => ({ id, bucket: 'sales', sourceTable: id })),
    });
    await settings.set({ database: file });
    await until(model, ({ snapshot, source }) => snapshot !== undefined && source?.label === file);
    return file;
  }

  it('is read without being opened in the extension host itself', async () => {
    const file = await openFile('read.duckdb', ['orders', 'gone']);
    assert.deepEqual(idsIn(model, 'never_fetched'), ['gone', 'orders']);
    if (process.platform !== 'linux') return;
    const open = readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`));
    assert.equal(open.includes(file), false);
  });

  it('tells what to set when no project is, and writes nothing', async () => {
    const file = await openFile('unset.duckdb', ['orders']);
    await settings.set({ 'bigquery.apiEndpoint': standIn.url });
    await runAll();
    assert.equal(model.lastRun?.summary.endedBy, 'notConfigured');
    assert.equal(standIn.counts.received, 0);
    assert.deepEqual(await cacheRows(file), []);
  });

  it('gets the outcomes of a run', async () => {
    const file = await openFile('run.duckdb', ['gone', 'orders']);
    await settings.set({ 'bigquery.apiEndpoint': standIn.url, 'bigquery.project': PROJECT });
    await runAll();
    const { succeeded, noData, total } = model.lastRun?.summary ?? assert.fail('no run');
    assert.deepEqual([total, succeeded, noData], [2, 1, 1]);
    assert.deepEqual(idsIn(model, 'fresh'), ['orders']);
    assert.deepEqual(idsIn(model, 'error'), ['gone']);
    assert.deepEqual(await cacheRows(file), [
      ['gone', null, `provider returned no data: BigQuery has no table ${PROJECT}.sales.gone`],
      ['orders', 42n, null],
    ]);
  });

  it('refreshes one table by its id, and refuses an unknown one without asking', async () => {
    await openFile('one.duckdb', ['a', 'b']);
    await settings.set({ 'bigquery.apiEndpoint': standIn.url, 'bigquery.project': PROJECT });
    await vscode.commands.executeCommand('agnesFreshness.refreshTable', 'a');
    assert.deepEqual(idsIn(model, 'fresh'), ['a']);
    const before = standIn.counts.received;
    await vscode.commands.executeCommand('agnesFreshness.refreshTable', 'nobody');
    assert.equal(standIn.counts.received, before);
  });

  it('ends a run with the caller’s fault when the credentials file can’t be read, and keeps the rows', async () => {
    const file = await openFile('credentials.duckdb', ['a']);
    await settings.set({
      'bigquery.apiEndpoint': '',
      'bigquery.project': PROJECT,
      'bigquery.credentialsFile': folder.file('nowhere.json'),
    });
    await runAll();
    await settings.set({ 'bigquery.credentialsFile': '' });
    assert.equal(model.lastRun?.summary.endedBy, 'credentialsUnreadable');
    assert.deepEqual(await cacheRows(file), []);
  });

  it('is judged anew as soon as the threshold changes', async () => {
    const file = folder.file('threshold.duckdb');
    await writeAgnesFile(file, {
      era: 'current',
      registrations: [{ id: 'a', bucket: 'sales' }],
      cached: [{ tableId: 'a', refreshedAt: BigInt(Date.now() - 3_600_000) * 1_000n }],
    });
    await settings.set({ database: file, threshold: '2h' });
    await until(model, () => idsIn(model, 'fresh').length === 1);
    await settings.set({ threshold: '30m' });
    await until(model, () => idsIn(model, 'stale').length === 1);
    await settings.set({ threshold: '' });
  });

  it('is refreshed by the timer, without anybody asking', async () => {
    // The interval first: the random offset of the first run is a part of it.
    await settings.set({
      'bigquery.apiEndpoint': standIn.url,
      'bigquery.project': PROJECT,
      interval: '1s',
      threshold: '1h',
      autoRefresh: true,
    });
    await openFile('timer.duckdb', ['a', 'b']);
    await until(
      model,
      ({ lastRun }) => lastRun?.summary.trigger === 'timer' && lastRun.summary.succeeded === 2,
    );
    await settings.set({ autoRefresh: false, interval: '', threshold: '' });
    assert.deepEqual(idsIn(model, 'fresh'), ['a', 'b']);
    await until(model, ({ currentRun }) => currentRun === undefined);
  });

  it('is shown and never written where the server keeps its state in Postgres', async () => {
    const stateFolder = folder.file('postgres');
    mkdirSync(stateFolder);
    writeFileSync(path.join(stateFolder, 'instance.yaml'), 'database:\n  backend: cloud\n');
    const file = await openFile(path.join('postgres', 'system.duckdb'), ['a']);
    await settings.set({ 'bigquery.apiEndpoint': standIn.url, 'bigquery.project': PROJECT });
    const before = standIn.counts.received;
    assert.equal(model.snapshot?.refreshObstacle?.reason, 'stateInPostgres');
    await runAll();
    assert.equal(model.lastRun?.summary.endedBy, 'stateInPostgres');
    assert.equal(standIn.counts.received, before);
    assert.deepEqual(await cacheRows(file), []);
  });

  const bad: readonly (readonly [
    name: string,
    prepare: (file: string) => Promise<void> | void,
    FailureReason,
  ])[] = [
    ['a missing file', () => undefined, 'fileMissing'],
    ['a folder', (file) => mkdirSync(file), 'fileIsDirectory'],
    ['a text file', (file) => writeFileSync(file, 'hello'), 'fileNotDuckDb'],
    ['an empty file', (file) => writeFileSync(file, ''), 'fileNotDuckDb'],
    [
      'a database without Agnes’s tables',
      (file) =>
        withPlainDuckDb(file, async (connection) => {
          await connection.run('CREATE TABLE t (i INT)');
        }),
      'fileWithoutTables',
    ],
  ];
  for (const [name, prepare, reason] of bad) {
    it(`that is ${name} is a failure with its reason, and the next choice works`, async () => {
      const file = folder.file(`${reason}-${name.replaceAll(/\W/g, '-')}`);
      await prepare(file);
      await settings.set({ database: file });
      await until(model, ({ failure }) => failure?.reason === reason);
      assert.equal(model.snapshot, undefined);
      await openFile(`after-${path.basename(file)}.duckdb`, ['orders']);
      assert.equal(model.failure, undefined);
    });
  }

  async function runAll(): Promise<void> {
    const { lastRun } = model;
    await vscode.commands.executeCommand('agnesFreshness.refreshAll');
    await until(model, (now) => now.lastRun !== lastRun && now.currentRun === undefined);
  }
});

async function cacheRows(file: string): Promise<readonly unknown[]> {
  return withPlainDuckDb(file, async (connection) => {
    const reader = await connection.runAndReadAll(
      'SELECT table_id, rows, error_msg FROM bq_metadata_cache ORDER BY table_id',
    );
    return reader.getRows();
  });
}

/** A descriptor may be closed between listing and looking. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(fd);
  } catch {
    return '';
  }
}
