import assert from 'node:assert/strict';
import { STATUS, openSampleWindow } from './sampleWindow.ts';
import type { Workbench, WorkbenchServer } from './workbench.ts';

describe('refreshing, as an analyst does it', () => {
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    ({ server, workbench } = await openSampleWindow());
  });
  after(() => server.dispose());
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  it('explains the colour of a row when the pointer rests on it', async () => {
    const row = workbench.treeRow('web_events, ').locator('.label-name');
    const hover = await workbench.hover(row, /Last attempt failed/);
    const text = (await hover.innerText()).replaceAll(/\s+/g, ' ');
    assert.match(text, /fresh — checked .* ago .*turns stale after 8 h/);
    assert.match(text, /Partitioned by: _PARTITIONTIME/);
    assert.match(text, /Columns: event_name, session_id/);
    await workbench.screenshot('tooltip');
    await workbench.leaveHover();
  });

  it('refreshes one table from its row', async () => {
    await workbench.clickRowAction(workbench.treeRow('ad_clicks, stale'), 'Refresh Table');
    await workbench.treeRow('ad_clicks, fresh, checked just now').waitFor();
    await workbench.notification('ad_clicks is fresh').waitFor();
    await workbench.screenshot('refresh-one');
    await workbench.clearNotifications();
  });

  it('offers the tables in a list when the command comes from the palette', async () => {
    await workbench.runCommand('Agnes Freshness: Refresh Table');
    await workbench.quickPicks.first().waitFor();
    await workbench.screenshot('pick-table');
    await workbench.pick('customers');
    await workbench.treeRow('customers, fresh, checked just now').waitFor();
    await workbench.clearNotifications();
  });

  it('shows "n of m" with Cancel while it refreshes all, and a summary that offers the runs', async () => {
    await workbench.runCommand('Agnes Freshness: Refresh All');
    const progress = workbench.notification(/Refreshing tables: \d+ of 14/);
    await progress.waitFor();
    // The slow table keeps the run going for three seconds.
    await workbench.notification('13 of 14').waitFor();
    await progress.getByRole('button', { name: 'Cancel' }).waitFor();
    await workbench.statusItem(STATUS).locator('.codicon-sync.codicon-modifier-spin').waitFor();
    await workbench.screenshot('progress');
    assert.match(await workbench.statusItem(STATUS).innerText(), /13 of 14/);

    const summary = workbench.notification(
      /Refreshed 12 of 14 tables, 2 failed \(1 .*missing in BigQuery.*\)\./,
    );
    await summary.waitFor();
    await summary.getByRole('button', { name: 'Show Runs' }).waitFor();
    await workbench.screenshot('summary');
    await progress.waitFor({ state: 'detached' });
  });

  it('shows the run in the status item’s tooltip', async () => {
    await workbench.clearNotifications();
    // VS Code writes plain text with spaces that don't break.
    await workbench.hover(workbench.statusItem(STATUS), /Last\srun:\sjust\snow/);
    await workbench.screenshot('status-bar');
    await workbench.leaveHover();
  });

  it('opens the runs from the summary', async () => {
    await workbench.runCommand('Agnes Freshness: Refresh Stale');
    await workbench.pressInNotification(/Refreshed 0 of 2 tables/, 'Show Runs');
    await workbench.page.getByRole('treeitem', { name: /^0 of 2 refreshed, 2 failed/ }).waitFor();
    await workbench.screenshot('summary-runs');
  });

  it('opens the log from a table that could not be refreshed', async () => {
    await workbench.clickRowAction(workbench.treeRow('payroll'), 'Refresh Table');
    await workbench.pressInNotification(/You have no access to this table in BigQuery/, 'Show Log');
    await workbench.page
      .locator('.panel .view-lines')
      .filter({ hasText: /run_id=/ })
      .waitFor();
    await workbench.screenshot('log');
    await workbench.runCommand('View: Hide Panel');
  });

  it('cancels a run, keeps what was fetched and says what was not', async () => {
    await workbench.runCommand('Agnes Freshness: Refresh All');
    await workbench.notification('13 of 14').waitFor();
    await workbench.runCommand('Agnes Freshness: Cancel Refresh');
    await workbench.notification(/1 cancelled\./).waitFor();
    await workbench.treeRows.locator('.codicon-loading').first().waitFor({ state: 'detached' });
    await workbench.screenshot('cancelled');
  });

  it('opens the view when the status item is clicked', async () => {
    await workbench.openViewContainer('Explorer');
    await workbench.statusItem(STATUS).click();
    await workbench.treeRow('Dataset').first().waitFor();
  });
});
