import assert from 'node:assert/strict';
import type { Frame, FrameLocator, Locator } from 'playwright-core';
import { axeViolations } from './axe.ts';
import { openSampleWindow, STATUS, CONTAINER } from './sampleWindow.ts';
import { ALL_THEMES, type Workbench, type WorkbenchServer } from './workbench.ts';

describe('details panel, as an analyst uses it', () => {
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    ({ server, workbench } = await openSampleWindow());
  });
  after(() => server.dispose());
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
    assert.deepEqual(workbench.pageErrors, []);
  });

  it('opens from its row, with all fields, documentation, and the types that BigQuery tells', async () => {
    await workbench.clickRowAction(row('orders'), 'Show Details');
    await panel()
      .locator('h1', { hasText: /^orders$/ })
      .waitFor();
    await columnRow('order_date').getByText('DATE', { exact: true }).waitFor();
    await columnRow('order_date').getByText('partition').waitFor();
    await columnRow('country').getByText('cluster 1').waitFor();
    assert.equal(await factOf('Full name'), 'agnes-sample.sales.orders');
    assert.match(await factOf('Checked'), /^\d+ min ago/);
    assert.match(await factOf('Data changed'), /observed just now/);
    const documentation = panel().locator('#documentation');
    await documentation.getByText('One row per order, from all shops.').waitFor();
    await documentation.locator('li').first().getByText('key', { exact: true }).waitFor();
    await panel().locator('#inspection').getByText('EU').waitFor();
  });

  it('breaks no rule of accessibility in the window itself, and runs nothing inline', async () => {
    assert.deepEqual(await axeViolations(await frameOf()), []);
    const ran = await (
      await frameOf()
    ).evaluate<unknown>(`new Promise((resolve) => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective), { once: true });
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
      if (window.hacked === 1) resolve('it ran');
    })`);
    assert.equal(ran, 'script-src-elem');
  });

  it('is one for each table, and opens from the menu and the palette too', async () => {
    await workbench.chooseFromMenu(row('orders'), 'Show Details');
    await workbench.page.locator('.tab').filter({ hasText: 'orders' }).waitFor();
    assert.equal(await workbench.page.locator('.editor-group-container .tab').count(), 1);
    // The palette closes when the panel takes the focus.
    await workbench.page.waitForFunction(`document.activeElement?.matches('iframe.webview')`);
    await workbench.runCommand('Agnes Freshness: Show Details');
    await workbench.quickPicks.first().waitFor();
    await workbench.pick('customers');
    await panel().locator('h1', { hasText: 'customers' }).waitFor();
    await panel().getByText('Columns are hidden, because the table has an access policy.').waitFor();
    assert.equal(await panel().locator('#columns table').count(), 0);
    assert.equal(await workbench.page.locator('.editor-group-container .tab').count(), 2);
  });

  it('survives being hidden', async () => {
    await workbench.page.locator('.tab').filter({ hasText: 'orders' }).click();
    await panel()
      .locator('h1', { hasText: /^orders$/ })
      .waitFor();
    await columnRow('order_id').getByText('INT64').waitFor();
  });

  it('refreshes from its button, keeps the focus there and says what came', async () => {
    const before = await factOf('Rows');
    const button = panel().locator('#button-refresh');
    await button.focus();
    await workbench.page.keyboard.press('Enter');
    await panel().locator('#facts dd', { hasText: '48,213,907' }).waitFor();
    assert.notEqual(before, '48,213,907');
    assert.match(await factOf('Checked'), /^just now/);
    await panel()
      .getByRole('status')
      .getByText('Refreshed: 48.2M rows, 8.98 GiB.')
      .waitFor({ state: 'attached' });
    await panel().locator('#button-refresh:focus').waitFor();
    await workbench.clearNotifications();
  });

  it('shows a refresh that is on', async () => {
    await workbench.clickRowAction(row('ad_clicks'), 'Show Details');
    await panel().locator('h1', { hasText: 'ad_clicks' }).waitFor();
    await panel().locator('#button-refresh').click();
    await panel().getByText('Refreshing…').waitFor();
    assert.equal(await panel().locator('#button-refresh').getAttribute('aria-disabled'), 'true');
    await panel().locator('.state-refreshing').waitFor();
    await panel().locator('.state-fresh').waitFor();
    await workbench.clearNotifications();
  });

  it('draws the history over refreshes, with all values in a table, also after the window was loaded anew', async () => {
    await workbench.page.locator('.tab').filter({ hasText: 'orders' }).click();
    await panel()
      .getByRole('img', { name: /^Rows over \d+ refreshes/ })
      .waitFor();
    await panel()
      .getByRole('img', { name: /^Size over \d+ refreshes/ })
      .waitFor();
    await workbench.reload(STATUS);
    await workbench.openViewContainer(CONTAINER);
    await workbench.clickRowAction(row('orders'), 'Show Details');
    await panel()
      .getByRole('img', { name: /^Rows over \d+ refreshes/ })
      .waitFor();
    await panel().locator('summary').click();
    await panel().locator('#history tbody tr', { hasText: '48,213,907' }).first().waitFor();
    assert.ok((await panel().locator('#history tbody tr').count()) >= 2);
  });

  it('shows the last error of a row, focused, with what can be done', async () => {
    await workbench.chooseFromMenu(row('web_events'), 'Show Last Error');
    await panel().locator('#lastError-heading:focus').waitFor();
    const section = panel().locator('#lastError');
    await section.getByText(/^The last attempt failed \d+ min ago/).waitFor();
    await section.getByText('accessDenied: no access').waitFor();
    await section.getByRole('button', { name: 'Show Log' }).click();
    await workbench.page.locator('.panel .view-lines').waitFor();
    await workbench.runCommand('View: Hide Panel');
    await row('orders').click({ button: 'right' });
    await workbench.page.getByRole('menuitem', { name: 'Show Details', exact: true }).waitFor();
    assert.equal(
      await workbench.page.getByRole('menuitem', { name: 'Show Last Error', exact: true }).count(),
      0,
    );
    await workbench.page.keyboard.press('Escape');
  });

  it('copies the full name', async () => {
    await workbench.page.locator('.tab').filter({ hasText: 'orders' }).click();
    await panel()
      .locator('h1', { hasText: /^orders$/ })
      .waitFor();
    await panel().getByRole('button', { name: 'Copy Full Name' }).click();
    await panel()
      .getByRole('status')
      .getByText('Copied agnes-sample.sales.orders.')
      .waitFor({ state: 'attached' });
    assert.equal(
      await workbench.page.evaluate('navigator.clipboard.readText()'),
      'agnes-sample.sales.orders',
    );
  });

  for (const theme of ALL_THEMES) {
    it(`is readable in the theme ${theme}`, async () => {
      await workbench.setTheme(theme);
      await panel().locator('h1').waitFor();
      await workbench.page.mouse.move(10, 790);
      await workbench.screenshot(`details-${theme}`);
      await panel().locator('#columns').scrollIntoViewIfNeeded();
      await panel().locator('#history').scrollIntoViewIfNeeded();
      await workbench.screenshot(`details-history-${theme}`);
      assert.deepEqual(await axeViolations(await frameOf()), []);
    });
  }

  function row(name: string): Locator {
    return workbench.treeRow(`${name}, `).first();
  }

  /** The page inside the panel that is in front. */
  function panel(): FrameLocator {
    return workbench.page.frameLocator('iframe.webview:visible').frameLocator('iframe');
  }

  function columnRow(name: string): Locator {
    return panel()
      .locator('#columns tbody tr')
      .filter({ has: workbench.page.locator('th code', { hasText: name }) });
  }

  async function factOf(label: string): Promise<string> {
    const name = panel().locator('#facts dt', { hasText: new RegExp(`^${label}$`) });
    return (await name.locator('xpath=following-sibling::dd[1]').innerText()).trim();
  }

  async function frameOf(): Promise<Frame> {
    const element = await panel().locator('html').elementHandle();
    return (await element.ownerFrame()) ?? assert.fail('the panel has no frame');
  }
});
