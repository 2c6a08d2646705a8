import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { openSampleWindow } from './sampleWindow.ts';
import { ALL_THEMES, type Workbench, type WorkbenchServer } from './workbench.ts';

/** The pane of the view "Runs". */
function pane(workbench: Workbench): Locator {
  const header = workbench.page.locator('.pane-header').filter({ hasText: 'Runs' });
  return workbench.page.locator('.sidebar .pane').filter({ has: header });
}

function runRow(workbench: Workbench, name: RegExp): Locator {
  return pane(workbench).getByRole('treeitem', { name });
}

/** The view comes collapsed: tables have the room. */
async function openRuns(workbench: Workbench): Promise<void> {
  await pane(workbench).locator('.pane-header').click();
  await pane(workbench).locator('.pane-header[aria-expanded=true]').waitFor();
}

/** With the keyboard, as VS Code has it: the row has the focus, and the right arrow unfolds it. */
async function unfold(workbench: Workbench, row: Locator): Promise<void> {
  await row.click();
  if ((await row.getAttribute('aria-expanded')) !== 'true') await workbench.page.keyboard.press('ArrowRight');
  await row.and(workbench.page.locator('[aria-expanded=true]')).waitFor();
}

describe('the view "Runs"', () => {
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    ({ server, workbench } = await openSampleWindow());
  });
  after(() => server.dispose());
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  it('says that there is none yet, and offers one', async () => {
    await openRuns(workbench);
    await pane(workbench).getByText('No run yet.').waitFor();
    await pane(workbench).getByRole('button', { name: 'Refresh All' }).waitFor();
    await workbench.screenshot('runs-none');
  });

  it('shows the run that is on, with how far it is and where', async () => {
    await pane(workbench).getByRole('button', { name: 'Refresh All' }).click();
    const current = runRow(workbench, /^Refreshing, 13 of 14, in this window/);
    await current.waitFor();
    await current.locator('.codicon-loading.codicon-modifier-spin').waitFor();
    await workbench.screenshot('runs-current');
    await current.waitFor({ state: 'detached' });
  });

  it('lists it when it is over, with result, trigger, duration and age', async () => {
    const run = runRow(workbench, /^12 of 14 refreshed, 2 failed/);
    await run.waitFor();
    await run.locator('.codicon-warning').waitFor();
    assert.match(await run.innerText(), /12 of 14 refreshed\s*command · \d+\.\d s · just now/);
    const hover = await workbench.hover(run.locator('.label-name'), /Refreshed\s12\sof\s14\stables/);
    assert.match(await hover.innerText(), /Run\s[0-9a-f]{8},\sstarted\sby:\scommand/);
    await workbench.leaveHover();
  });

  it('unfolds to the tables that failed, with reasons, and to those that changed', async () => {
    await workbench.clearNotifications();
    const run = runRow(workbench, /^12 of 14 refreshed/);
    await unfold(workbench, run);
    await runRow(workbench, /, BigQuery has no such table\./).waitFor();
    await runRow(workbench, /, You have no access to this table in BigQuery\./).waitFor();
    await runRow(workbench, /, changed, /)
      .first()
      .waitFor();
    for (const theme of ALL_THEMES) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`runs-${theme}`);
    }
    await workbench.setTheme('dark');
  });

  it('has the commands of a table on a failed one', async () => {
    const failed = runRow(workbench, /, You have no access to this table in BigQuery\./);
    await workbench.chooseFromMenu(failed, 'Copy Id');
    await workbench.page.waitForFunction("navigator.clipboard.readText().then((text) => text === 'payroll')");
  });

  it('refreshes a failed table from its row there', async () => {
    const failed = runRow(workbench, /, You have no access to this table in BigQuery\./);
    await workbench.clickRowAction(failed, 'Refresh Table');
    await workbench.notification('You have no access to this table in BigQuery.').waitFor();
    await workbench.clearNotifications();
  });

  it('retries what failed as one run of these tables, and keeps what is unfolded', async () => {
    const run = runRow(workbench, /^12 of 14 refreshed/);
    await workbench.clickRowAction(run, 'Retry Failed');
    await workbench.notification('Refreshed 0 of 2 tables').waitFor();
    const retried = runRow(workbench, /^0 of 2 refreshed, 2 failed/);
    await retried.waitFor();
    await retried.locator('.codicon-error').waitFor();
    assert.equal(await run.getAttribute('aria-expanded'), 'true');
    const rows = await pane(workbench).getByRole('treeitem').allInnerTexts();
    assert.match(rows[0] ?? '', /^0 of 2 refreshed/, 'the newest is on top');
    await workbench.clearNotifications();
  });

  it('retries the latest run in which tables failed, from the palette', async () => {
    await workbench.runCommand('Agnes Freshness: Retry Failed');
    await workbench.notification('Refreshed 0 of 2 tables').waitFor();
    await workbench.clearNotifications();
  });

  it('writes a report for who helps into a document', async () => {
    await workbench.runCommand('Agnes Freshness: Troubleshoot');
    const editor = workbench.page.locator('.editor-instance .view-lines');
    await editor.filter({ hasText: /Agnes.Freshness:.troubleshooting.report/ }).waitFor();
    await editor.filter({ hasText: /Kind:.`sample`/ }).waitFor();
    await workbench.screenshot('troubleshoot');
  });
});
