import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { sampleDocumentation } from '../../src/sample/sampleDocumentation.ts';
import { SAMPLE_PROJECT, SAMPLE_TABLES } from '../../src/sample/sampleTables.ts';
import { readManifestTexts } from '../fixtures/manifest.ts';
import { PSEUDO_LOCALE, pseudoLocalized, untranslated, writePseudoLocale } from '../fixtures/pseudoLocale.ts';
import { installExtension } from '../host/installedExtension.ts';
import { ROOT } from '../host/places.ts';
import { STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const TEXTS = readManifestTexts();

/** A text of package.nls.json as this window shows it. */
function shown(key: string): string {
  return pseudoLocalized(TEXTS[key] ?? assert.fail(key));
}

/** A command as the palette has it. */
function title(name: string): string {
  return `${shown('category')}: ${shown(`command.${name}`)}`;
}

/** Every text below a value, keys too. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => [
    ...(Array.isArray(value) ? [] : [key]),
    ...textsIn(item),
  ]);
}

/** What comes from tables, and proper names: they have no translation. */
const DATA: readonly string[] = [
  ...new Set(
    [
      SAMPLE_TABLES,
      SAMPLE_TABLES.map(({ id }) => sampleDocumentation(id)),
      SAMPLE_PROJECT,
      'workspace (code-server)',
    ]
      .flatMap(textsIn)
      // A dataset is shown by itself too.
      .flatMap((text) => [text, ...(/^[\w.-]+$/.test(text) ? text.split('.') : [])])
      // Types as BigQuery and Agnes name them.
      .concat('BASE TABLE', 'STRING', 'EU', 'US'),
  ),
].filter((text) => text !== '');

/** Documentation of a table is laid out in pieces; a text of ours is shorter than such a piece, or is not in it. */
const MIN_PIECE_WORDS = 3;

function isPieceOfData(text: string): boolean {
  return (
    text.split(' ').length >= MIN_PIECE_WORDS &&
    DATA.some((data) => data.replaceAll(/\s+/g, ' ').includes(text))
  );
}

/** What is read of the page, which is a program with types of its own. */
interface PageNode {
  readonly nodeName: string;
  /** `null` for an element. */
  readonly nodeValue: string | null;
  readonly childNodes: Iterable<PageNode>;
}

/** Each text of its own below the elements, but for code: values and names stand in it. Runs in the page. */
function readTexts(elements: unknown): string[] {
  const read = (node: PageNode): string[] => {
    if (['CODE', 'SCRIPT', 'STYLE'].includes(node.nodeName)) return [];
    return node.nodeValue === null ? [...node.childNodes].flatMap(read) : [node.nodeValue];
  };
  return (elements as PageNode[]).flatMap(read);
}

/**
 * The window in a language that nobody speaks, in which each text of the extension is told from what was forgotten. VS Code's
 * own texts stay English, so what is looked at is what the extension put there.
 */
describe('in the pseudo-locale', () => {
  let folder: string;
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'freshness-pseudo-'));
    const { id, version } = installExtension(ROOT, folder);
    const extension = path.join(folder, `${id}-${version}`);
    writePseudoLocale(extension);
    server = await startWorkbenchServer({ extension });
    workbench = await server.open({
      language: PSEUDO_LOCALE,
      settings: { 'agnesFreshness.autoRefresh': false },
      viewport: { width: 1600, height: 1000 },
    });
  });
  after(async () => {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  /** Every text of these elements is of the pseudo-locale; at least one is there. */
  async function isLocalized(elements: Locator, data: readonly string[] = []): Promise<void> {
    await elements.first().waitFor();
    areLocalized(await elements.evaluateAll(readTexts), data);
  }

  /** The same for what is spoken. */
  async function isSpokenLocalized(elements: Locator): Promise<void> {
    await elements.first().waitFor();
    const labels = await Promise.all((await elements.all()).map((each) => each.getAttribute('aria-label')));
    areLocalized(labels.map((label) => label ?? ''));
  }

  function areLocalized(texts: readonly string[], data: readonly string[] = []): void {
    const lines = texts.map((text) => text.replaceAll(/\s+/g, ' ').trim()).filter((text) => text !== '');
    assert.ok(lines.length > 0, 'there is a text');
    const forgotten = lines.flatMap((text) => {
      if (isPieceOfData(text)) return [];
      const words = untranslated(text, [...DATA, ...data]);
      return words.length === 0 ? [] : [`${words.join(' ')} (in "${text}")`];
    });
    assert.deepEqual(forgotten, []);
  }

  const pane = (): Locator => workbench.page.locator('.sidebar .pane');
  const tableRows = (): Locator => pane().first().getByRole('treeitem');
  const runRows = (): Locator => pane().last().getByRole('treeitem');
  /** Without what divides the entries of the palette, which stays in the page after it. */
  const picks = (): Locator => workbench.quickPicks.locator('.quick-input-list-rows');
  const message = (): Locator => workbench.page.locator('.notification-list-item-message');

  it('welcomes', async () => {
    await workbench.openViewContainer(shown('container.title'));
    await isLocalized(pane().locator('.welcome-view-content'));
    await workbench.screenshot('pseudo-welcome');
  });

  it('shows the walkthrough', async () => {
    await workbench.runCommand(title('getStarted'));
    await workbench.page.locator('.getting-started-step').first().waitFor();
    for (const id of ['connect', 'see', 'refresh', 'keep']) {
      const step = workbench.page.locator(`.getting-started-step[data-step-id$="#${id}"]`);
      await step.click();
      await isLocalized(step);
    }
    // Beside it are the walkthroughs of VS Code.
    const details = workbench.page.locator('.gettingStartedSlideDetails');
    await isLocalized(details.locator('.category-title'));
    await isLocalized(details.locator('.category-description'));
    await workbench.screenshot('pseudo-walkthrough');
  });

  it('offers what can be connected to', async () => {
    await workbench.runCommand(title('connect'));
    await isLocalized(picks());
    await isLocalized(workbench.page.locator('.quick-input-widget .quick-input-title'));
    await workbench.page.keyboard.press('Escape');
    await workbench.quickInput.waitFor({ state: 'hidden' });
  });

  it('asks for the address of a server', async () => {
    await workbench.runCommand(title('connectServer'));
    await workbench.quickInput.fill('ftp://agnes.example.com');
    await isLocalized(workbench.page.locator('.quick-input-widget .quick-input-message'), [
      'Enter',
      'Escape',
      'Press',
      'to',
      'confirm',
      'your',
      'input',
      'or',
      'cancel',
    ]);
    await workbench.page.keyboard.press('Escape');
    await workbench.quickInput.waitFor({ state: 'hidden' });
  });

  it('shows tables, their groups and the status item', async () => {
    await workbench.runCommand(title('openSampleCatalog'));
    await workbench.statusItem(STATUS).waitFor();
    await isLocalized(tableRows());
    await isSpokenLocalized(tableRows());
    await isLocalized(workbench.statusItem(STATUS));
    await isLocalized(workbench.page.locator('.sidebar .pane-header .title'));
    await workbench.screenshot('pseudo-tables');
  });

  it('explains a table and the status item in tooltips', async () => {
    const row = tableRows().filter({ hasText: 'web_events' }).locator('.label-name');
    await isLocalized(await workbench.hover(row, /web_events/));
    await workbench.leaveHover();
    await isLocalized(await workbench.hover(workbench.statusItem(STATUS), /14/));
    await workbench.leaveHover();
  });

  it('has its commands in the palette and in the menus', async () => {
    await workbench.openPalette(`${shown('category')}: `);
    const own = workbench.quickPicks.filter({ hasText: shown('category') });
    await own.first().waitFor();
    const labels = await own.locator('.quick-input-list-rows > :first-child .label-name').allInnerTexts();
    // VS Code has a command to show each view.
    areLocalized(labels, ['Focus on', 'View']);
    assert.ok(labels.length >= 10, `${labels.length} commands`);
    await workbench.page.keyboard.press('Escape');
    await tableRows().filter({ hasText: 'web_events' }).click({ button: 'right' });
    await isLocalized(workbench.page.getByRole('menuitem'));
    await workbench.page.keyboard.press('Escape');
  });

  it('offers the tables in a list', async () => {
    await workbench.runCommand(title('refreshTable'));
    // The list takes the place of the palette's.
    await workbench.quickPicks.filter({ hasText: 'ad_clicks' }).waitFor();
    await isLocalized(workbench.page.locator('.quick-input-widget .quick-input-title'));
    await isLocalized(picks());
    await workbench.screenshot('pseudo-pick');
    await workbench.page.keyboard.press('Escape');
  });

  it('tells of a refresh, its progress and its end', async () => {
    await pane().last().locator('.pane-header').click();
    await isLocalized(pane().last().locator('.welcome-view-content'));
    await workbench.runCommand(title('refreshAll'));
    await message().filter({ hasText: '13' }).waitFor();
    await isLocalized(message());
    await isLocalized(workbench.statusItem(STATUS));
    await isLocalized(runRows());
    await isSpokenLocalized(runRows());
    await message().filter({ hasText: '12' }).waitFor();
    await isLocalized(message());
    await isLocalized(workbench.page.locator('.notification-list-item .monaco-button').last());
    await workbench.screenshot('pseudo-refreshed');
    await workbench.clearNotifications();
  });

  it('lists the run and what failed and changed in it', async () => {
    const run = runRows().first();
    await run.click();
    await workbench.page.keyboard.press('ArrowRight');
    await runRows().nth(4).waitFor();
    await isLocalized(runRows());
    await isSpokenLocalized(runRows());
    await isLocalized(await workbench.hover(run.locator('.label-name'), /14/));
    await workbench.leaveHover();
    await workbench.screenshot('pseudo-runs');
  });

  it('says why a table could not be refreshed', async () => {
    const failed = runRows().filter({ hasText: 'payroll' });
    await workbench.clickRowAction(failed, shown('command.refreshTable'));
    await message().filter({ hasText: 'payroll' }).waitFor();
    await isLocalized(message());
    await workbench.clearNotifications();
  });

  it('shows the details of a table', async () => {
    await workbench.clickRowAction(
      tableRows().filter({ hasText: 'customers' }),
      shown('command.showDetails'),
    );
    const page = workbench.page
      .frameLocator('iframe.webview.ready')
      .frameLocator('iframe#active-frame')
      .locator('body');
    await page.locator('h1').waitFor();
    // What BigQuery is asked for comes last.
    await page.locator('#inspection').getByText('EU').waitFor();
    await isLocalized(page);
    await workbench.screenshot('pseudo-details');
  });

  it('describes its settings', async () => {
    await workbench.runCommand(title('openSettings'));
    const settings = workbench.page.locator('.settings-editor .setting-item-contents');
    await settings.first().waitFor();
    await isLocalized(settings.locator('.setting-item-description'), SETTING_NAMES);
    await workbench.screenshot('pseudo-settings');
  });
});

/** VS Code makes the names of settings from their keys. */
const SETTING_NAMES = [
  'Agnes Freshness',
  ...Object.keys(TEXTS).flatMap((key) =>
    key.startsWith('setting.') ? key.split('.').slice(1).map(spacedOut) : [],
  ),
  'Big Query',
  'Bigquery',
];

/** `startRuns` as VS Code writes it: `Start Runs`. */
function spacedOut(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).replaceAll(/[A-Z]/g, ' $&');
}
