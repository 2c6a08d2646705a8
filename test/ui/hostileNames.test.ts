import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { singleLine } from '../../src/core/displayText.ts';
import { notificationText } from '../../src/host/notificationText.ts';
import { writeAgnesFile } from '../fixtures/agnesFile.ts';
import { HOSTILE_NAMES } from '../fixtures/tableViews.ts';
import { CONTAINER } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

/** What the tree makes of a name: one line without controls, cut. */
const LABELS = HOSTILE_NAMES.map((name) => singleLine(name, 120));

describe('names that would be markup, commands or forged text', () => {
  let server: WorkbenchServer;
  let folder: string;
  let workbench: Workbench;

  before(async () => {
    server = await startWorkbenchServer();
    folder = mkdtempSync(path.join(tmpdir(), 'freshness-names-'));
    const file = path.join(folder, 'system.duckdb');
    const registrations = HOSTILE_NAMES.map((name) => ({
      ...{ id: name, name, folder: name, description: name, grain: name, thingsToKnow: name },
      // One of the names is a good one for BigQuery, which is not to be asked.
      bucket: `${name} .`,
    }));
    await writeAgnesFile(file, { era: 'current', registrations });
    workbench = await server.open({
      settings: {
        'agnesFreshness.database': file,
        'agnesFreshness.autoRefresh': false,
        'agnesFreshness.bigquery.project': 'some-project',
        // Nobody is asked: none of these is a name of BigQuery's.
        'agnesFreshness.bigquery.apiEndpoint': 'http://127.0.0.1:9',
      },
      viewport: { width: 1280, height: 1000 },
    });
    await workbench.openViewContainer(CONTAINER);
    await workbench.treeRow('Dataset').first().waitFor();
  });
  after(async () => {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
    assert.deepEqual(workbench.pageErrors, []);
  });

  it('stand in the tree as they are', async () => {
    for (const label of LABELS) await row(label).waitFor();
    await noMarkup('.sidebar .monaco-list');
    await workbench.screenshot('hostile-tree');
  });

  it('stand in tooltips as they are', async () => {
    for (const label of LABELS) {
      // Hovers are drawn as blocks: only the beginning stands in one of them for sure.
      const hover = await workbench.hover(row(label), /Id:/);
      const text = (await hover.innerText()).replaceAll(/\s+/g, ' ');
      assert.ok(text.includes(label.slice(0, 100).replaceAll(/\s+/g, ' ')), `${label} is not in ${text}`);
      assert.equal(await hover.locator('img, a[href^="command:"], b').count(), 0, text);
      await workbench.leaveHover();
    }
  });

  it('stand in notifications as they are', async () => {
    for (const label of LABELS) {
      await workbench.chooseFromMenu(row(label), 'Refresh Table');
      const message = workbench
        .notification('The registration’s dataset or table name is not valid.')
        .locator('.notification-list-item-message');
      await message.waitFor();
      const text = await message.innerText();
      assert.ok(text.includes(notificationText(label)), `${label} is not in ${text}`);
      assert.equal(await message.locator('a, img, b, .codicon').count(), 0, text);
      await workbench.clearNotifications();
    }
  });

  it('stand in the details as they are', async () => {
    for (const label of LABELS) {
      await workbench.chooseFromMenu(row(label), 'Show Details');
      const page = workbench.page.frameLocator('iframe.webview').frameLocator('iframe');
      await page.getByRole('heading', { level: 1, name: label.slice(0, 100) }).waitFor();
      assert.equal(await page.locator('img, a, b').count(), 0);
      await workbench.runCommand('View: Close All Editors');
    }
  });

  it('stand in the runs as they are', async () => {
    const header = workbench.page.locator('.pane-header').filter({ hasText: 'Runs' });
    const runs = workbench.page.locator('.sidebar .pane').filter({ has: header });
    await runs.locator('.pane-header').click();
    await workbench.runCommand('Agnes Freshness: Refresh All');
    const run = runs.getByRole('treeitem', { name: new RegExp(`^0 of ${LABELS.length} refreshed`) });
    await run.click();
    await workbench.page.keyboard.press('ArrowRight');
    await run.and(workbench.page.locator('[aria-expanded=true]')).waitFor();
    const seen = new Set<string>();
    // Rows that are out of sight are not there.
    for (let step = 0; step <= LABELS.length; step += 1) {
      for (const text of await runs.locator('.label-name').allInnerTexts()) seen.add(text);
      await workbench.page.keyboard.press('ArrowDown');
    }
    for (const label of LABELS) assert.ok(seen.has(label), `${label} is not in ${[...seen].join('\n')}`);
    await noMarkup('.sidebar .monaco-list');
    await workbench.screenshot('hostile-runs');
  });

  function row(label: string): Locator {
    const tables = workbench.page.locator('.sidebar .pane').first();
    return tables
      .locator('.monaco-list-row[aria-level="2"]')
      .filter({ has: workbench.page.getByText(label, { exact: true }) })
      .locator('.label-name');
  }

  async function noMarkup(within: string): Promise<void> {
    const found = workbench.page.locator(within).locator('img, script, b, a[href^="command:"]');
    assert.equal(await found.count(), 0);
  }
});
