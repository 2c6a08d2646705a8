import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { readManifest } from '../host/installedExtension.ts';
import { ROOT } from '../host/places.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { ALL_THEMES, startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const STEPS = ['connect', 'see', 'refresh', 'keep'] as const;
type StepId = (typeof STEPS)[number];

/** Lines of a step's picture, as its file has them. */
function linesOf(id: StepId): readonly string[] {
  const svg = readFileSync(path.join(ROOT, 'media', 'walkthrough', `${id}.svg`), 'utf8');
  return Array.from(svg.matchAll(/ d="([^"]+)"/g), ([, line = '']) => line);
}

describe('the walkthrough', () => {
  const walkthrough = `${readManifest(ROOT).id}#getStarted`;
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    server = await startWorkbenchServer();
    workbench = await server.open({
      settings: { 'agnesFreshness.autoRefresh': false },
      // A narrow window has no room for the pictures.
      viewport: { width: 1600, height: 900 },
    });
  });
  after(() => server.dispose());
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  function step(id: string): Locator {
    return workbench.page.locator(`.getting-started-step[data-step-id="${walkthrough}#${id}"]`);
  }

  /** VS Code's mark on a step that is done, or that is not. */
  function mark(id: string, isDone: boolean): Locator {
    return step(id).locator(`.codicon-getting-started-step-${isDone ? 'checked' : 'unchecked'}`);
  }

  async function select(id: string): Promise<void> {
    await step(id).click();
    await step(id).and(workbench.page.locator('.expanded')).waitFor();
  }

  /** The picture of a step, by a line that no other step's has: the one before stays in sight until the next is drawn. */
  function picture(id: StepId): Locator {
    const others = STEPS.filter((other) => other !== id).flatMap(linesOf);
    const own = linesOf(id).find((line) => !others.includes(line));
    return workbench.page
      .locator('.getting-started-media')
      .frameLocator('iframe.webview')
      .frameLocator('iframe#active-frame')
      .locator(`path[d=${JSON.stringify(own)}]`);
  }

  it('opens with four steps, none of them done', async () => {
    await workbench.runCommand('Agnes Freshness: Get Started');
    await workbench.page.getByText('Get Started with Agnes Freshness').first().waitFor();
    for (const id of STEPS) await mark(id, false).waitFor();
  });

  for (const theme of ALL_THEMES) {
    it(`shows a picture of each step that can be read, in ${theme}`, async () => {
      await workbench.setTheme(theme);
      for (const id of STEPS) {
        await select(id);
        await picture(id).waitFor();
        await workbench.screenshot(`walkthrough-${id}-${theme}`);
      }
    });
  }

  it('marks "Connect" when a source is there', async () => {
    await workbench.setTheme('dark');
    await select('connect');
    await step('connect').getByText('Open the sample catalog').click();
    await workbench.statusItem(STATUS).waitFor();
    await mark('connect', true).waitFor();
  });

  it('marks "See" when the view is in sight', async () => {
    await select('see');
    await step('see').getByRole('button', { name: 'Show Tables' }).click();
    await workbench.openViewContainer(CONTAINER);
    await workbench.treeRow('orders, ').waitFor();
    await mark('see', true).waitFor();
  });

  it('marks "Refresh" after a refresh', async () => {
    await select('refresh');
    await mark('refresh', false).waitFor();
    await step('refresh').getByRole('button', { name: 'Refresh All' }).click();
    await workbench.notification(/Refreshed 12 of 14 tables/).waitFor();
    await mark('refresh', true).waitFor();
  });

  it('marks "Keep them fresh" after the settings were opened', async () => {
    await select('keep');
    await mark('keep', false).waitFor();
    await step('keep').getByRole('button', { name: 'Open Settings' }).click();
    await workbench.page.locator('.settings-editor').waitFor();
    await workbench.page.keyboard.press('Escape');
    await workbench.page.locator('.settings-editor').waitFor({ state: 'detached' });
    await workbench.runCommand('Agnes Freshness: Get Started');
    await mark('keep', true).waitFor();
    await workbench.screenshot('walkthrough-done');
  });
});
