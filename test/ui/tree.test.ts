import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { CONTAINER, STATUS, openSampleWindow } from './sampleWindow.ts';
import { ALL_THEMES, type Workbench, type WorkbenchServer } from './workbench.ts';

/** Quoted names as the sample catalog's project has them. */
const PROJECT = 'agnes-sample';

describe('tree of tables, as an analyst arranges it', () => {
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    ({ server, workbench } = await openSampleWindow());
  });
  after(() => server.dispose());
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  it('says on its icon how many tables need attention, in words too', async () => {
    const label = await workbench.viewContainer(CONTAINER).locator('a').getAttribute('aria-label');
    assert.match(label ?? '', /6 tables need attention: 1 error, 4 stale, 1 failed at the last attempt/);
  });

  it('says every row in words', async () => {
    for (const spoken of [
      'Dataset finance, 1 stale, 1 never fetched of 3 tables',
      'budget, never fetched',
      /^payroll, stale, checked \d+ d ago, last attempt failed, 18\.4K rows, 2\.81 MiB$/,
      /^campaign_archive, error, failed \d+ h ago$/,
    ]) {
      await workbench.treeRow(spoken).waitFor();
    }
  });

  it('groups by what is chosen, and says so beside the title', async () => {
    await choose(workbench, 'Group By…', 'Freshness');
    await workbench.treeRow('Error, 1 table').waitFor();
    await workbench.screenshot('tree-by-freshness');
    await showsInOrder(workbench, 1, ['Error', 'Stale', 'Never fetched', 'Fresh']);
    await description(workbench).filter({ hasText: 'by freshness' }).waitFor();
    await choose(workbench, 'Group By…', 'Folder');
    await workbench.treeRow('Folder ').first().waitFor();
    await choose(workbench, 'Group By…', 'No Groups');
    await workbench.treeRow('Folder ').first().waitFor({ state: 'detached' });
    await showsInOrder(workbench, 1, ['ad_clicks', 'attribution', 'budget']);
  });

  it('sorts by what is chosen', async () => {
    await choose(workbench, 'Sort By…', 'Size');
    await description(workbench).filter({ hasText: 'no groups · largest first' }).waitFor();
    await showsInOrder(workbench, 1, ['web_events', 'ad_clicks', 'order_lines']);
    await workbench.screenshot('tree-flat-by-size');
    await choose(workbench, 'Sort By…', 'Name');
    await choose(workbench, 'Group By…', 'Dataset');
    await workbench.treeRow('Dataset sales').waitFor();
  });

  it('keeps what is selected and what is closed over another grouping and a reload', async () => {
    await workbench.treeRow('Dataset marketing').click();
    await workbench.treeRow('ad_clicks, ').waitFor({ state: 'detached' });
    await workbench.treeRow('invoices, ').click();
    await workbench.runCommand('Agnes Freshness: Reload');
    await choose(workbench, 'Group By…', 'Freshness');
    await workbench.treeRow('ad_clicks, ').waitFor();
    await workbench.treeRow('invoices, ').and(workbench.page.locator('.selected')).waitFor();
    await choose(workbench, 'Group By…', 'Dataset');
    await workbench.treeRow('Dataset marketing').waitFor();
    assert.equal(await workbench.treeRow('ad_clicks, ').count(), 0);
    await workbench.treeRow('Dataset marketing').click();
    await workbench.treeRow('ad_clicks, ').waitFor();
  });

  it('filters by text, state and type in one list that shows what is on', async () => {
    await workbench.runCommand('Agnes Freshness: Filter…');
    await workbench.quickInput.fill('orders');
    await tick(workbench, 'stale');
    await tick(workbench, 'fresh');
    await workbench.screenshot('tree-filter');
    await workbench.quickInput.press('Enter');
    await workbench.treeRow('budget').waitFor({ state: 'detached' });
    await workbench.treeRow('orders, fresh').waitFor();
    await showsInOrder(workbench, 2, ['orders', 'orders_year_end']);
    await description(workbench).filter({ hasText: '“orders” · stale, fresh' }).waitFor();
    await workbench.screenshot('tree-filtered');
    await workbench.runCommand('Agnes Freshness: Filter…');
    await workbench.page.locator('.quick-input-title', { hasText: 'Filter Tables' }).waitFor();
    assert.equal(await workbench.quickInput.inputValue(), 'orders');
    await workbench.page.locator('.quick-input-count').filter({ hasText: '2 Selected' }).waitFor();
    await workbench.quickInput.press('Escape');
  });

  it('says when nothing passes the filter, with the one button that helps', async () => {
    await workbench.runCommand('Agnes Freshness: Filter…');
    await workbench.quickInput.fill('no such table');
    await workbench.quickInput.press('Enter');
    await workbench.page.locator('.sidebar').getByText('No table matches the filter.').waitFor();
    await workbench.screenshot('tree-all-filtered');
    await workbench.page
      .locator('.sidebar .welcome-view')
      .getByRole('button', { name: 'Clear Filter' })
      .click();
    await workbench.treeRow('budget').waitFor();
  });

  it('clears the filter from the title', async () => {
    await workbench.runCommand('Agnes Freshness: Filter…');
    await workbench.quickInput.fill('payroll');
    await workbench.quickInput.press('Enter');
    await workbench.treeRow('budget').waitFor({ state: 'detached' });
    await workbench.treeRow('payroll').hover();
    await workbench.page.locator('.sidebar .pane-header a[aria-label^="Clear Filter"]').first().click();
    await workbench.treeRow('budget').waitFor();
  });

  it('has pinned tables on top, and nowhere else', async () => {
    await workbench.chooseFromMenu(workbench.treeRow('payroll, '), 'Pin');
    await workbench.treeRow('Pinned, 1 stale of 1 table').waitFor();
    await workbench.chooseFromMenu(workbench.treeRow('orders, '), 'Pin');
    await workbench.treeRow('Pinned, 1 stale of 2 tables').waitFor();
    await showsInOrder(workbench, 2, ['orders', 'payroll']);
    assert.equal(await workbench.treeRow('payroll, ').count(), 1);
    await workbench.treeRow(/^orders, fresh, .*, pinned$/).waitFor();
    await workbench.screenshot('tree-pinned');
  });

  it('finds a table by words of its description, and selects its row', async () => {
    await workbench.runCommand('Agnes Freshness: Go to Table…');
    await workbench.quickPicks.first().waitFor();
    await workbench.quickPicks.filter({ hasText: 'Customers with consent' }).waitFor();
    // What Enter takes, also after the descriptions came.
    await workbench.quickPicks.first().and(workbench.page.locator('.focused')).waitFor();
    await workbench.screenshot('tree-go-to');
    await workbench.quickInput.fill('row access policy');
    await workbench.pick('customers');
    await workbench.treeRow('customers, ').and(workbench.page.locator('.selected')).waitFor();
  });

  it('says that a table is filtered away when somebody goes to it, and offers to clear the filter', async () => {
    await workbench.runCommand('Agnes Freshness: Filter…');
    await workbench.quickInput.fill('payroll');
    await workbench.quickInput.press('Enter');
    await workbench.treeRow('budget').waitFor({ state: 'detached' });
    await workbench.runCommand('Agnes Freshness: Go to Table…');
    await workbench.pick('budget');
    await workbench.pressInNotification('budget is hidden by the filter.', 'Clear Filter');
    await workbench.treeRow('budget, ').and(workbench.page.locator('.selected')).waitFor();
  });

  it('puts quoted names into the editor: by command for all selected rows, and by dragging', async () => {
    await workbench.runCommand('File: New Untitled Text File');
    const editor = workbench.page.locator('.editor-instance .view-lines').first();
    await editor.waitFor();
    await workbench.treeRow('budget, ').click();
    await workbench.treeRow('invoices, ').click({ modifiers: ['ControlOrMeta'] });
    await workbench.chooseFromMenu(workbench.treeRow('invoices, '), 'Insert Name into Editor');
    const names = `\`${PROJECT}.finance.budget\`, \`${PROJECT}.finance.invoices\``;
    await editor.filter({ hasText: names }).waitFor();
    await workbench.treeRow('customers, ').click();
    await drag(workbench, workbench.treeRow('customers, '), editor);
    await editor.filter({ hasText: `\`${PROJECT}.sales.customers_current\`` }).waitFor();
    await workbench.screenshot('tree-names-in-editor');
  });

  it('moves rows to other groups, with their selection', async () => {
    await choose(workbench, 'Group By…', 'Freshness');
    await workbench.treeRow('Stale, 3 tables').waitFor();
    await workbench.chooseFromMenu(workbench.treeRow('ad_clicks, stale'), 'Refresh Table');
    await workbench.treeRow('Stale, 2 tables').waitFor();
    await workbench.treeRow('Fresh, 7 tables').waitFor();
    await showsInOrder(workbench, 2, [
      'orders',
      'payroll',
      'campaign_archive',
      'customers',
      'orders_year_end',
    ]);
    await workbench.treeRow('ad_clicks, fresh').click();
    await workbench.treeRow('ad_clicks, ').and(workbench.page.locator('.selected')).waitFor();
    await workbench.treeRow('customers, stale').click();
    await workbench.chooseFromMenu(workbench.treeRow('customers, stale'), 'Refresh Table');
    await workbench.treeRow('Stale, 1 table').waitFor();
    await workbench.treeRow('customers, fresh').and(workbench.page.locator('.selected')).waitFor();
    await choose(workbench, 'Group By…', 'Dataset');
    await workbench.treeRow('Dataset sales').waitFor();
    await workbench.clearNotifications();
  });

  it('refreshes all selected rows as one run', async () => {
    await workbench.treeRow('customers, ').click();
    await workbench.treeRow('orders_year_end, ').click({ modifiers: ['ControlOrMeta'] });
    await workbench.chooseFromMenu(workbench.treeRow('customers, '), 'Refresh Table');
    await workbench.notification('Refreshed 2 of 2 tables.').waitFor();
    await workbench.treeRow('customers, fresh, checked just now').waitFor();
    await workbench.treeRow('orders_year_end, fresh, checked just now').waitFor();
    await workbench.clearNotifications();
  });

  it('can be used without a mouse', async () => {
    const { keyboard } = workbench.page;
    const focused = (name: string | RegExp): Locator =>
      workbench.treeRow(name).and(workbench.page.locator('.focused'));
    await workbench.page.mouse.move(800, 400);
    await keyboard.press('F1');
    await keyboard.type('Focus on Tables View');
    await workbench.quickPicks.first().filter({ hasText: 'Focus on Tables View' }).waitFor();
    await keyboard.press('Enter');
    await keyboard.press('Home');
    await focused('Pinned').waitFor();
    await keyboard.press('ArrowLeft');
    await workbench.treeRow('payroll, ').waitFor({ state: 'detached' });
    await keyboard.press('ArrowRight');
    await workbench.treeRow('payroll, ').waitFor();
    await keyboard.press('ArrowDown');
    await focused('orders, ').waitFor();
    await keyboard.press('ArrowDown');
    await focused('payroll, ').waitFor();
    await keyboard.press('Shift+F10');
    await workbench.page.getByRole('menuitem', { name: 'Refresh Table', exact: true }).waitFor();
    await workbench.screenshot('tree-keyboard-menu');
    await keyboard.press('ArrowDown');
    await workbench.page.locator('.monaco-menu .focused', { hasText: 'Refresh Table' }).waitFor();
    await keyboard.press('Enter');
    await workbench.notification('payroll: ').waitFor();
    await focused('payroll, ').waitFor();
    await workbench.clearNotifications();
  });

  it('counts the pinned tables alone where that is set', async () => {
    const folder = path.join(server.profile.folder, 'workspace', '.vscode');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'settings.json'), '{ "agnesFreshness.countPinnedOnly": true }');
    await workbench.statusItem(STATUS).filter({ hasText: '1 stale pinned' }).waitFor();
    await workbench
      .viewContainer(CONTAINER)
      .locator('a[aria-label*="1 table needs attention: 1 stale"]')
      .waitFor();
  });

  for (const theme of ALL_THEMES) {
    it(`is readable in the theme ${theme}`, async () => {
      await workbench.setTheme(theme);
      await workbench.page.mouse.move(800, 400);
      await workbench.screenshot(`tree-arranged-${theme}`);
    });
  }
});

async function choose(workbench: Workbench, command: string, label: string): Promise<void> {
  await workbench.runCommand(`Agnes Freshness: ${command}`);
  await workbench.pick(label);
  await workbench.quickInput.waitFor({ state: 'hidden' });
}

/** Ticks an entry of a list in which several can be chosen. */
async function tick(workbench: Workbench, label: string): Promise<void> {
  const name = workbench.page.locator('.label-name', { hasText: new RegExp(`^${label}$`) });
  await workbench.page.locator('.quick-input-widget .monaco-list-row').filter({ has: name }).click();
}

function description(workbench: Workbench): Locator {
  return workbench.page.locator('.sidebar .pane-header .description').first();
}

/** Resolves when the rows of one level begin with these names, from the top down. */
async function showsInOrder(workbench: Workbench, level: number, names: readonly string[]): Promise<void> {
  await workbench.page.waitForFunction(
    `[...document.querySelectorAll('.sidebar .monaco-list-row[aria-level="${level}"]')]
      .map((row) => [row.getBoundingClientRect().top, row.querySelector('.label-name')?.textContent])
      .sort(([a], [b]) => a - b)
      .slice(0, ${names.length})
      .map(([, name]) => name)
      .join() === ${JSON.stringify(names.join(','))}`,
  );
}

/** With Shift an editor takes the text; without, VS Code would open something. */
async function drag(workbench: Workbench, row: Locator, editor: Locator): Promise<void> {
  const { mouse, keyboard } = workbench.page;
  const from = (await row.boundingBox()) ?? assert.fail('no row');
  const to = (await editor.boundingBox()) ?? assert.fail('no editor');
  await mouse.move(from.x + 60, from.y + from.height / 2);
  await mouse.down();
  await mouse.move(from.x + 100, from.y + from.height / 2, { steps: 3 });
  await keyboard.down('Shift');
  await mouse.move(to.x + 40, to.y + 100, { steps: 5 });
  await mouse.move(to.x + 44, to.y + 104, { steps: 5 });
  await mouse.up();
  await keyboard.up('Shift');
}
