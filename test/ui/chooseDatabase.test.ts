import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeAgnesFile } from '../fixtures/agnesFile.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

describe('choosing a database', () => {
  let server: WorkbenchServer;
  let workbench: Workbench;
  let stateFolder: string;

  before(async () => {
    stateFolder = mkdtempSync(path.join(tmpdir(), 'freshness-choose-'));
    server = await startWorkbenchServer({ environment: { STATE_DIR: stateFolder } });
    workbench = await server.open({
      settings: { 'agnesFreshness.database': 'sample', 'agnesFreshness.autoRefresh': false },
      statusItem: STATUS,
    });
    await workbench.openViewContainer(CONTAINER);
    await workbench.treeRow('Dataset').first().waitFor();
  });
  after(async () => {
    await server.dispose();
    rmSync(stateFolder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  it('keeps what is open when the choice turns out to be no database', async () => {
    const file = path.join(stateFolder, 'system.duckdb');
    writeFileSync(file, 'hello');
    await workbench.runCommand('Agnes Freshness: Choose Database…');
    await workbench.pick(file);
    await workbench.notification(`This file is not a DuckDB database. It was not opened: ${file}`).waitFor();
    await workbench.treeRow('Dataset').first().waitFor();
    await workbench.screenshot('choose-wrong-file');
    await workbench.clearNotifications();
    rmSync(file);
  });

  it('proposes the file where Agnes keeps it, and opens it', async () => {
    const file = path.join(stateFolder, 'system.duckdb');
    await writeAgnesFile(file, { era: 'current', registrations: [{ id: 'orders', bucket: 'sales' }] });
    await workbench.runCommand('Agnes Freshness: Choose Database…');
    await workbench.quickPicks.first().waitFor();
    await workbench.screenshot('choose-database');
    await workbench.pick(file);
    await workbench.treeRow('orders, never fetched').waitFor();
  });

  it('opens the setting that is missing', async () => {
    await workbench.runCommand('Agnes Freshness: Refresh All');
    await workbench.pressInNotification('The BigQuery project is not set.', 'Open Setting');
    await workbench.page
      .locator('.settings-editor .setting-item-label')
      .filter({ hasText: 'Project' })
      .waitFor();
    await workbench.screenshot('open-setting');
  });
});
