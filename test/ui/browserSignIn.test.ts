import { strict as assert } from 'node:assert';
import { AgnesStandIn } from '../fixtures/agnesServer/agnesStandIn.ts';
import { standInTables } from '../fixtures/agnesServer/standInTables.ts';
import { CONTAINER } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const ADMIN = 'admin@acme.example';

describe('signing in to an Agnes server with the browser', () => {
  let host: WorkbenchServer;
  let server: AgnesStandIn;
  let window: Workbench | undefined;

  beforeEach(async () => {
    server = await AgnesStandIn.start({ tables: standInTables(BigInt(Date.now()) * 1_000n) });
    server.addUser({ email: ADMIN, admin: true });
    server.browserUser = ADMIN;
    server.stackOf(ADMIN).add('fresh_orders').add('stale_visits');
  });
  afterEach(async function (this: Mocha.Context) {
    await window?.screenshotIfFailed(this.currentTest);
    assert.deepEqual(window?.pageErrors ?? [], []);
    await window?.close();
    await host.dispose();
    await server.close();
  });

  async function open(environment: Readonly<Record<string, string>>): Promise<Workbench> {
    host = await startWorkbenchServer({ environment });
    window = await host.open({ settings: { 'agnesFreshness.autoRefresh': false } });
    await window.openViewContainer(CONTAINER);
    await window.runCommand('Agnes Freshness: Connect to Agnes Server…');
    await window.answer(server.origin);
    return window;
  }

  it('is offered where the browser reaches this window, and shows which tables it does not show', async () => {
    // As a desktop does, and a remote window whose ports are forwarded.
    const workbench = await open({ VSCODE_PROXY_URI: '' });
    await workbench.quickPicks.filter({ hasText: 'Sign In with the Browser' }).waitFor();
    await workbench.screenshot('sign-in-ways');
    const opened = workbench.page.context().waitForEvent('page');
    await workbench.pick('Sign In with the Browser');
    const page = await opened;
    await page.getByText('You can close this tab').waitFor();
    const sideBar = workbench.page.locator('.sidebar');
    await sideBar.getByText('Your sign-in shows 2 of 11 tables. Refresh All refreshes all 11.').waitFor();
    await workbench.treeRow('orders,').waitFor();
    await workbench.screenshot('server-narrowed');
    const hold = server.holdRuns();
    await workbench.runCommand('Agnes Freshness: Refresh All');
    await workbench.notification('Refreshing tables (2 of 11 shown)').waitFor();
    await workbench.screenshot('server-narrowed-run');
    hold.finish();
    await workbench.notification(/Refreshed \d+ of 11 tables/).waitFor();
  });

  it('is not offered where it does not: there a token is pasted', async () => {
    const workbench = await open({});
    await workbench.page.locator('.quick-input-widget input[type=password]').waitFor();
    assert.equal(await workbench.quickPicks.count(), 0);
  });
});
