import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { writeAgnesFile } from '../fixtures/agnesFile.ts';
import { AgnesStandIn } from '../fixtures/agnesServer/agnesStandIn.ts';
import { standInOrphans, standInTables } from '../fixtures/agnesServer/standInTables.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const ADMIN = 'admin@acme.example';
const ANALYST = 'analyst@acme.example';
const CATALOG = '/api/v2/catalog';
const SETTINGS = { 'agnesFreshness.autoRefresh': false };

describe('connecting to an Agnes server', () => {
  let host: WorkbenchServer;
  let stateFolder: string;
  let server: AgnesStandIn;
  let window: Workbench;

  before(async () => {
    stateFolder = mkdtempSync(path.join(tmpdir(), 'freshness-server-'));
    host = await startWorkbenchServer({ environment: { STATE_DIR: stateFolder } });
  });
  after(async () => {
    await host.dispose();
    rmSync(stateFolder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    const now = BigInt(Date.now()) * 1_000n;
    server = await AgnesStandIn.start({ tables: standInTables(now), orphans: standInOrphans(now) });
    server.addUser({ email: ADMIN, admin: true });
    server.addUser({ email: ANALYST, admin: false, sees: ({ id }) => id !== 'error_budget' });
    window = await host.open({ settings: SETTINGS });
    await window.openViewContainer(CONTAINER);
  });
  afterEach(async function (this: Mocha.Context) {
    await window.screenshotIfFailed(this.currentTest);
    assert.deepEqual(window.pageErrors, []);
    await window.close();
    await server.close();
  });

  const token = (email: string, expiresAt?: bigint): string =>
    server.issueToken(email, {
      kind: 'pat',
      surface: 'all',
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });

  const sideBar = (text: string | RegExp): Locator => window.page.locator('.sidebar').getByText(text);

  const welcomeButton = (name: string): Locator =>
    window.page.locator('.sidebar .welcome-view').getByRole('button', { name });

  /** Where it is offered, chooses to paste; ends at the question for a token. */
  async function choosePaste(): Promise<void> {
    const paste = window.quickPicks.filter({ hasText: 'Paste a Personal Access Token' });
    const box = window.page.locator('.quick-input-widget input[type=password]');
    await Promise.race([paste.waitFor(), box.waitFor()]);
    if (await paste.isVisible()) await paste.click();
    await box.waitFor();
  }

  /** Names the server; ends at the question for a token. */
  async function giveAddress(address: string): Promise<void> {
    await window.runCommand('Agnes Freshness: Connect to Agnes Server…');
    await window.answer(address);
    await window.page.locator('.quick-input-title').filter({ hasText: 'Sign In to' }).waitFor();
    await choosePaste();
  }

  async function connect(email: string, expiresAt?: bigint): Promise<string> {
    const issued = token(email, expiresAt);
    await giveAddress(server.origin);
    await window.answer(issued);
    await window.treeRow('stock,').waitFor();
    return issued;
  }

  it('chooses between server, file and sample, and switches in a running window', async () => {
    const file = path.join(stateFolder, 'system.duckdb');
    await writeAgnesFile(file, { era: 'current', registrations: [{ id: 'ledger', bucket: 'finance' }] });
    await welcomeButton('Connect…').click();
    await window.quickPicks.filter({ hasText: 'Agnes Server…' }).waitFor();
    await window.screenshot('connect-choice');
    await window.pick('Sample Catalog');
    await window.treeRow('Dataset').first().waitFor();
    await connect(ADMIN);
    await window.treeRow('salaries,').waitFor();
    await window.runCommand('Agnes Freshness: Connect…');
    await window.quickPicks.filter({ hasText: `now: ${server.origin}` }).waitFor();
    await window.pick('Database File…');
    await window.pick(file);
    await window.treeRow('ledger, never fetched').waitFor();
    await window.treeRow('salaries,').waitFor({ state: 'detached' });
    await window.runCommand('Agnes Freshness: Connect…');
    await window.pick('Agnes Server…');
    await window.pick(server.origin);
    await window.treeRow('salaries,').waitFor();
    await window.treeRow('ledger,').waitFor({ state: 'detached' });
    await window.runCommand('Agnes Freshness: Connect…');
    await window.pick('Sample Catalog');
    await window.treeRow('salaries,').waitFor({ state: 'detached' });
    await window.treeRow('Dataset').first().waitFor();
  });

  it('says in one sentence what is wrong with an address, and sends nothing', async () => {
    await window.runCommand('Agnes Freshness: Connect to Agnes Server…');
    const message = window.page.locator('.quick-input-widget .quick-input-message');
    for (const [address, sentence] of [
      ['agnes.example.com', /https:\/\//],
      ['https://agnes.example.com/app', /after the host/],
      ['https://ana:secret@agnes.example.com', /name|password|credentials/i],
      ['http://agnes.example.com', /https/],
    ] as const) {
      await window.quickInput.fill(address);
      await message.filter({ hasText: sentence }).waitFor();
      if (address.startsWith('http:')) await window.screenshot('connect-bad-address');
      await window.quickInput.press('Enter');
      await message.filter({ hasText: sentence }).waitFor();
    }
    await window.quickInput.press('Escape');
    assert.equal(server.requests.length, 0);
  });

  it('refuses a server that is not Agnes, and a token of another kind', async () => {
    server.fault(/.*/, 'notAgnes');
    await window.runCommand('Agnes Freshness: Connect to Agnes Server…');
    await window.answer(server.origin);
    await window.notification('There is no Agnes server at this address.').waitFor();
    await window.screenshot('connect-not-agnes');
    server.clearFaults();
    await window.clearNotifications();
    await giveAddress(server.origin);
    await window.screenshot('sign-in-paste');
    const message = window.page.locator('.quick-input-widget .quick-input-message');
    await window.answer(server.issueToken(ANALYST, { kind: 'session', surface: 'all' }));
    await message.filter({ hasText: /personal access token/ }).waitFor();
    await window.answer(server.issueToken(ANALYST, { kind: 'agent', surface: 'all' }));
    await message.filter({ hasText: /another kind/ }).waitFor();
    await window.screenshot('sign-in-wrong-token');
    await window.answer(token(ANALYST));
    await window.treeRow('stock,').waitFor();
  });

  it('shows an analyst the tables, read only, with who can refresh', async () => {
    await connect(ANALYST);
    await sideBar(/Only administrators of the Agnes server can refresh tables/).waitFor();
    await window.treeRow('Fresh').first().waitFor();
    assert.equal(await window.treeRow('budget').count(), 0);
    const row = window.treeRow('stock,').first();
    await row.hover();
    assert.equal(await row.locator('.actions a[aria-label^="Refresh Table"]').count(), 0);
    await window.openPalette('Agnes Freshness: Refresh All');
    assert.equal(await window.quickPicks.filter({ hasText: 'Refresh All' }).count(), 0);
    await window.quickInput.press('Escape');
    await window.statusItem(STATUS).waitFor();
    await window.screenshot('server-read-only');
    await window.hover(row, /by the rule of the Agnes server/);
    await window.screenshot('server-tooltip');
    await window.leaveHover();
    await window.setTheme('highContrastDark');
    await window.screenshot('server-read-only-high-contrast');
  });

  it('follows a run of the server, and says that it can’t be stopped', async () => {
    await connect(ADMIN);
    const hold = server.holdRuns();
    await window.runCommand('Agnes Freshness: Refresh All');
    await window.notification('Refreshing tables').waitFor();
    hold.settleNext(4);
    await window.notification(/Refreshing tables.*\d+ of \d+/s).waitFor();
    await window.screenshot('server-run');
    await window.pressInNotification('Refreshing tables', 'Cancel');
    await window.notification('The Agnes server goes on with the refresh').waitFor();
    await window.screenshot('server-run-left');
    hold.finish();
  });

  it('leads from signed out to the tables by one button', async () => {
    await connect(ANALYST);
    await window.runCommand('Agnes Freshness: Sign Out');
    await sideBar('You are not signed in to the Agnes server.').waitFor();
    await window.screenshot('server-signed-out');
    await welcomeButton('Sign In…').click();
    await choosePaste();
    await window.answer(token(ANALYST));
    await window.treeRow('stock,').waitFor();
  });

  it('says that a sign-in ended, with one button, and before that it will', async () => {
    const soon = BigInt(Date.now() + 3 * 86_400_000) * 1_000n;
    const issued = await connect(ANALYST, soon);
    await window.notification(/Your sign-in to .* expires in 2 d/).waitFor();
    await window.screenshot('server-expires-soon');
    await window.clearNotifications();
    server.revoke(issued);
    await window.runCommand('Agnes Freshness: Reload');
    await window
      .notification('Your sign-in to the Agnes server has expired or was revoked.')
      .getByRole('button', { name: 'Sign In Again' })
      .waitFor();
    await sideBar(/Shown as of/).waitFor();
    await window.screenshot('server-expired');
  });

  it('shows what it read last while the server can’t be reached', async () => {
    await connect(ANALYST);
    await server.close();
    await window.reload(STATUS);
    await window.openViewContainer(CONTAINER);
    await sideBar(/could not be reached.*Shown as of/).waitFor();
    await window.treeRow('stock,').waitFor();
    await window.screenshot('server-unreachable');
  });

  it('says that the server refuses this user, and that a web page answered in its place', async () => {
    await connect(ANALYST);
    server.fault(CATALOG, { kind: 'status', status: 403, body: '{"detail":"Not on the guest list"}' });
    await window.reload(STATUS);
    await window.openViewContainer(CONTAINER);
    await sideBar('You have no access to this Agnes server; ask one of its administrators.').waitFor();
    await window.screenshot('server-forbidden');
    server.clearFaults();
    await welcomeButton('Try Again').click();
    await window.treeRow('stock,').waitFor();
    server.fault(/.*/, { kind: 'html', status: 200, title: 'Sign in to AcmeNet' });
    await window.runCommand('Agnes Freshness: Reload');
    await sideBar(/A web page answered in place of the Agnes server/).waitFor();
    await window.screenshot('server-login-page');
  });
});
