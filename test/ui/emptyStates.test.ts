import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeAgnesFile } from '../fixtures/agnesFile.ts';
import { holdElsewhere } from '../fixtures/agnesFileProcesses.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

describe('when there is nothing to show', () => {
  let server: WorkbenchServer;
  let folder: string;
  let workbench: Workbench | undefined;

  before(async () => {
    server = await startWorkbenchServer();
    folder = mkdtempSync(path.join(tmpdir(), 'freshness-empty-'));
  });
  after(async () => {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await workbench?.screenshotIfFailed(this.currentTest);
    await workbench?.close();
    workbench = undefined;
  });

  async function open(database: string): Promise<Workbench> {
    const settings = { 'agnesFreshness.database': database, 'agnesFreshness.autoRefresh': false };
    workbench = await server.open({ settings });
    await workbench.openViewContainer(CONTAINER);
    return workbench;
  }

  function file(name: string): string {
    return path.join(folder, name);
  }

  it('leads a newcomer to a database or to the sample', async () => {
    const window = await open('');
    await welcomeButton(window, 'Connect…').waitFor();
    await window.screenshot('empty-not-configured');
    await window.page.locator('.sidebar').getByText('Open the sample catalog', { exact: true }).click();
    await window.treeRow('Dataset').first().waitFor();
    await window.statusItem(STATUS).waitFor();
  });

  it('says that the file is gone', async () => {
    const window = await open(file('gone.duckdb'));
    await window.page.locator('.sidebar').getByText('The Agnes database was not found').waitFor();
    await welcomeButton(window, 'Choose Database…').waitFor();
    await window.screenshot('empty-missing');
  });

  it('says that a file is no DuckDB database', async () => {
    writeFileSync(file('text.duckdb'), 'hello');
    const window = await open(file('text.duckdb'));
    await window.page.locator('.sidebar').getByText('This file is not a DuckDB database.').waitFor();
    await window.screenshot('empty-not-duckdb');
  });

  it('says that a path is a folder', async () => {
    mkdirSync(file('folder'));
    const window = await open(file('folder'));
    await window.page.locator('.sidebar').getByText('is a folder, not a file').waitFor();
  });

  it('names the process that holds the file, offers the server, and reads it when it is free', async () => {
    await writeAgnesFile(file('held.duckdb'), {
      era: 'current',
      registrations: [{ id: 'orders', bucket: 'sales' }],
    });
    const holder = await holdElsewhere(file('held.duckdb'));
    try {
      const window = await open(file('held.duckdb'));
      await window.notification(`held by PID ${holder.pid} (`).waitFor();
      await welcomeButton(window, 'Connect to Agnes Server…').waitFor();
      await window.screenshot('empty-held');
      await holder.release();
      await window.runCommand('Agnes Freshness: Reload');
      await window.treeRow('orders').waitFor();
    } finally {
      await holder.release();
    }
  });

  it('leads from a setting that is not usable to the settings editor, which marks it', async () => {
    const window = await open('data/system.duckdb');
    await window.page.locator('.sidebar').getByText('A setting is not usable.').waitFor();
    await welcomeButton(window, 'Open Settings').click();
    const editor = window.page.locator('.settings-editor');
    await editor.getByText(/^\d+ Settings Found$/).waitFor();
    await window.page.keyboard.press('ControlOrMeta+A');
    await window.page.keyboard.type('@id:agnesFreshness.database');
    await editor.getByText('An absolute path, a path that begins with ~/, or sample.').waitFor();
    await window.screenshot('empty-setting-invalid');
  });

  it('says that no table is registered', async () => {
    await writeAgnesFile(file('empty.duckdb'), { era: 'current', registrations: [] });
    const window = await open(file('empty.duckdb'));
    await window.page.locator('.sidebar').getByText('No remote BigQuery table is registered').waitFor();
    await window.screenshot('empty-no-tables');
  });

  it('keeps the last snapshot on screen, marked as of its time, when the file goes away', async () => {
    await writeAgnesFile(file('moving.duckdb'), {
      era: 'current',
      registrations: [{ id: 'orders', bucket: 'sales' }],
    });
    const window = await open(file('moving.duckdb'));
    await window.treeRow('orders').waitFor();
    execFileSync('mv', [file('moving.duckdb'), file('moved.duckdb')]);
    await window.runCommand('Agnes Freshness: Refresh All');
    await window
      .notification('The Agnes database was not found')
      .getByRole('button', { name: 'Choose Database…' })
      .waitFor();
    await window.page.locator('.sidebar').getByText('Shown as of').waitFor();
    await window.treeRow('orders').waitFor();
    await window.screenshot('snapshot-as-of');
  });
});

function welcomeButton(workbench: Workbench, name: string): ReturnType<Workbench['treeRow']> {
  return workbench.page.locator('.sidebar .welcome-view').getByRole('button', { name });
}
