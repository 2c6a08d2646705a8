import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BigQueryStandIn } from '../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, writeAgnesFile, writeServerSnapshot } from '../fixtures/agnesFile.ts';
import { holdElsewhere } from '../fixtures/agnesFileProcesses.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const TABLES = 6;

describe('two windows on one database', () => {
  let server: WorkbenchServer;
  let standIn: BigQueryStandIn;
  let folder: string;
  let database: string;
  let first: Workbench;
  let second: Workbench;

  before(async () => {
    server = await startWorkbenchServer();
    folder = mkdtempSync(path.join(tmpdir(), 'freshness-windows-'));
    database = path.join(folder, 'system.duckdb');
    await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
    standIn = await BigQueryStandIn.start({
      tables: () => ({ resource: { type: 'TABLE', numRows: '42', numBytes: '1024' } }),
    });
    first = await openWindow();
    second = await openWindow();
  });
  after(async () => {
    await server.dispose();
    await standIn.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await second.screenshotIfFailed(this.currentTest);
  });

  async function openWindow(): Promise<Workbench> {
    const workbench = await server.open({
      settings: {
        'agnesFreshness.database': database,
        'agnesFreshness.autoRefresh': false,
        'agnesFreshness.bigquery.project': 'ui-tests',
        'agnesFreshness.bigquery.apiEndpoint': standIn.url,
      },
      statusItem: STATUS,
    });
    await workbench.openViewContainer(CONTAINER);
    await workbench.treeRow('Dataset').first().waitFor();
    return workbench;
  }

  it('the second one shows the run of the first: spinning rows, its id and start', async () => {
    standIn.hold();
    await first.runCommand('Agnes Freshness: Refresh All');
    await standIn.until(({ received }) => received === 4); // the default concurrency
    await second.treeRows.locator('.codicon-loading').nth(3).waitFor();
    const status = second.statusItem(STATUS);
    await status.filter({ hasText: /0 of 6 \(run [0-9a-f]{8}, \d\d:\d\d\)/ }).waitFor();
    await second.hover(status, /in\sanother\swindow/);
    await second.screenshot('other-window-runs');
    await second.leaveHover();
  });

  it('Refresh All there joins, asks for nothing, and ends with the same summary', async () => {
    await second.runCommand('Agnes Freshness: Refresh All');
    await second.notification(/Another window’s refresh is already running, started just now/).waitFor();
    await second.screenshot('joined');
    standIn.release();
    await second.notification('Refreshed 6 of 6 tables.').waitFor();
    await first.notification('Refreshed 6 of 6 tables.').waitFor();
    await second.treeRow(/table_0005, fresh/).waitFor();
    await second.screenshot('joined-ended');
    assert.equal(standIn.counts.received, TABLES);
    await first.clearNotifications();
    await second.clearNotifications();
  });

  it('a single table waits for the run of the other window, and says so', async () => {
    standIn.hold();
    await first.runCommand('Agnes Freshness: Refresh All');
    await standIn.until(({ received }) => received === TABLES + 4);
    await second.clickRowAction(second.treeRow(/table_0001/), 'Refresh Table');
    await second.notification(/Refreshing table_0001: waiting for the refresh that is running/).waitFor();
    await second.screenshot('single-waits');
    standIn.release();
    await second.notification('table_0001 is fresh').waitFor();
    await first.notification('Refreshed 6 of 6 tables.').waitFor();
    assert.equal(standIn.counts.received, 2 * TABLES);
    await first.clearNotifications();
    await second.clearNotifications();
  });

  it('Cancel there leaves the run to the other window, and says so', async () => {
    standIn.hold();
    await first.runCommand('Agnes Freshness: Refresh All');
    await standIn.until(({ received }) => received === 2 * TABLES + 4);
    await second.runCommand('Agnes Freshness: Refresh All');
    await second.pressInNotification(/Another window’s refresh is already running/, 'Cancel');
    await second.notification('The refresh goes on in the other window. Cancel it there.').waitFor();
    standIn.release();
    await first.notification('Refreshed 6 of 6 tables.').waitFor();
    await first.clearNotifications();
    await second.clearNotifications();
  });

  it('a window that closes in the middle of its run leaves the way free for the other one', async () => {
    standIn.hold();
    await first.runCommand('Agnes Freshness: Refresh All');
    await standIn.until(({ received }) => received === 3 * TABLES + 4);
    const status = second.statusItem(STATUS);
    await status.filter({ hasText: /\(run [0-9a-f]{8}/ }).waitFor();
    await first.close();
    await standIn.until(({ abandoned }) => abandoned === 4);
    await status.filter({ hasText: '6 fresh' }).waitFor();
    standIn.release();
    await second.runCommand('Agnes Freshness: Refresh All');
    await second.notification('Refreshed 6 of 6 tables.').waitFor();
    await second.clearNotifications();
  });

  it('shows the server’s own snapshot with its time while the server holds the database', async () => {
    const exported = await writeServerSnapshot(database);
    // A window may be reading it at this very moment.
    const holder = await holdElsewhere(database).catch(() => holdElsewhere(database));
    try {
      // Nobody reads the database itself any more: the export is later than any reading of it.
      const now = new Date();
      for (const name of readdirSync(exported)) utimesSync(path.join(exported, name), now, now);
      await second.runCommand('Agnes Freshness: Reload');
      await second.page
        .locator('.sidebar')
        .getByText(/The Agnes database is held by PID \d+ \(node\)\. Shown from the server’s snapshot of /)
        .waitFor();
      await second.screenshot('held-file');
    } finally {
      await holder.release();
    }
    await second.page.locator('.sidebar').getByText('is held by').waitFor({ state: 'detached' });
    assert.deepEqual(second.pageErrors, []);
  });
});
