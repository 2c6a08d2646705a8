import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { panelHtml } from '../../src/host/details/panelHtml.ts';
import type { ShowMessage } from '../../src/webview/details/detailsMessages.ts';
import { FULL_CONTENT, HOSTILE_CONTENT, HOSTILE_TEXTS } from '../fixtures/detailsContents.ts';
import { THEMES_OF_PAGE } from '../fixtures/themesOfPage.ts';
import { launchBrowser } from '../host/browser.ts';
import { REPORTS, ROOT } from '../host/places.ts';
import { axeViolations } from './axe.ts';
import { ALL_THEMES, type ThemeName } from './workbench.ts';

const ORIGIN = 'https://panel.test';
const BUILT = path.join(ROOT, 'dist/webview');

/** In the page, as VS Code's is: what is sent to the host is kept, and the state lives on. */
const STUB = `window.sent = []; window.violated = [];
  addEventListener('securitypolicyviolation', ({ effectiveDirective }) => window.violated.push(effectiveDirective));
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.sent.push(message),
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null'),
    setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
  });`;

describe('page of the details panel, in a browser', () => {
  let browser: Browser;
  let page: Page;
  const errors: Error[] = [];

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    page = await openPage(browser);
    page.on('pageerror', (error) => errors.push(error));
  });
  afterEach(async () => {
    await page.context().close();
    assert.deepEqual(errors.splice(0), []);
  });

  for (const theme of ALL_THEMES) {
    it(`breaks no rule of accessibility in the theme ${theme}`, async () => {
      await wear(page, theme);
      await show(page, { content: FULL_CONTENT });
      await page.locator('summary').click();
      assert.deepEqual(await axeViolations(page), []);
      await page.screenshot({
        path: path.join(REPORTS, 'screenshots', `details-page-${theme}.png`),
        fullPage: true,
      });
    });
  }

  it('shows names and texts from outside as text, whatever is in them', async () => {
    await show(page, { content: HOSTILE_CONTENT });
    assert.equal(await page.locator('h1').textContent(), HOSTILE_TEXTS[0]);
    for (const hostile of HOSTILE_TEXTS) {
      const cells = await page.locator('#columns tbody code').allTextContents();
      assert.ok(cells.includes(hostile), hostile);
    }
    assert.equal(await page.locator('main img, main script, main a, main b').count(), 0);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.equal(await page.title(), HOSTILE_TEXTS[0]);
  });

  it('runs no inline script or handler, uses no inline style and loads no image', async () => {
    await show(page, { content: FULL_CONTENT });
    assert.deepEqual(await page.evaluate('window.violated'), [], 'what the page does by itself is allowed');
    await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
      const holder = document.createElement('div');
      holder.innerHTML = '<p id="styled" style="position: fixed" onclick="window.hacked = 2">x</p><img src="https://elsewhere.test/x.png">';
      document.body.append(holder);
      document.getElementById('styled').click();
      fetch('https://elsewhere.test/').catch(() => undefined);
    })()`);
    await page.waitForFunction('window.violated.length >= 5');
    const violated = await page.evaluate<string[]>('window.violated');
    for (const directive of [
      'script-src-elem',
      'script-src-attr',
      'style-src-attr',
      'img-src',
      'connect-src',
    ])
      assert.ok(violated.includes(directive), `${directive} is among ${violated.join(', ')}`);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.equal(
      await page.evaluate(`getComputedStyle(document.getElementById('styled')).position`),
      'static',
    );
  });

  it('is reached with Tab alone, from top to bottom, and each stop can be seen', async () => {
    await show(page, { content: FULL_CONTENT });
    await page.locator('h1').waitFor();
    const stops: string[] = [];
    for (let presses = 0; presses < 7; presses += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate<string>(
          `(document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.textContent)`,
        ),
      );
      const outline = await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`);
      assert.notEqual(outline, 'none', stops.at(-1));
    }
    assert.deepEqual(stops, [
      'button-refresh',
      'button-openConsole',
      'button-copyName',
      'button-helpLastError',
      'columns-table',
      'button-helpInspection',
      'history-summary',
    ]);
  });

  it('tells the host what was pressed, and nothing for a button that can’t be pressed', async () => {
    await show(page, { content: FULL_CONTENT });
    await page.getByRole('button', { name: 'Refresh' }).press('Enter');
    await page.getByRole('button', { name: 'Show Log' }).press(' ');
    const obstructed = page.getByRole('button', { name: 'Copy Full Name' });
    await obstructed.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Try Again' }).click();
    assert.deepEqual(await page.evaluate('window.sent'), [
      { kind: 'ready' },
      { kind: 'refresh' },
      { kind: 'helpLastError' },
      { kind: 'helpInspection' },
    ]);
    assert.equal(
      await obstructed.evaluate(
        (button: unknown) =>
          (button as { ariaDescribedByElements: { textContent: string }[] }).ariaDescribedByElements[0]
            ?.textContent,
      ),
      'The full name of this table is not known.',
    );
  });

  it('keeps focus, scroll position and what is folded out when the content changes', async () => {
    await page.setViewportSize({ width: 800, height: 400 });
    await show(page, { content: FULL_CONTENT });
    await page.locator('summary').click();
    await page.getByRole('button', { name: 'Refresh' }).focus();
    await page.evaluate('window.scrollTo(0, 300)');
    await page.evaluate(`window.kept = document.getElementById('button-refresh')`);
    const [refresh, ...others] = FULL_CONTENT.buttons;
    assert.ok(refresh);
    await show(page, {
      content: {
        ...FULL_CONTENT,
        state: { icon: 'fresh', word: 'fresh', reason: 'Turns stale after 8 h.' },
        buttons: [{ ...refresh, label: 'Refreshing…', obstacle: 'It is on.' }, ...others],
        history: {
          ...FULL_CONTENT.history,
          table: FULL_CONTENT.history.table && {
            ...FULL_CONTENT.history.table,
            rows: [['now', '1', '1', '1']],
          },
        },
      },
      announcement: 'Refreshed: 1.2M rows.',
    });
    await page.getByRole('button', { name: 'Refreshing…' }).waitFor();
    assert.equal(await page.evaluate('document.activeElement === window.kept'), true);
    assert.equal(await page.evaluate('window.scrollY'), 300);
    assert.equal(await page.locator('details').getAttribute('open'), '');
    assert.equal(await page.locator('#history tbody tr').count(), 1);
    const status = page.getByRole('status');
    assert.equal(await status.textContent(), 'Refreshed: 1.2M rows.');
    assert.equal(await status.getAttribute('aria-live'), 'polite');
  });

  it('scrolls back to where it was after it was hidden', async () => {
    await page.setViewportSize({ width: 800, height: 400 });
    await show(page, { content: FULL_CONTENT });
    await page.evaluate('window.scrollTo(0, 250)');
    await page.waitForFunction(`sessionStorage.getItem('state')?.includes('250')`);
    await page.reload();
    await show(page, { content: FULL_CONTENT });
    await page.waitForFunction('window.scrollY === 250');
  });

  it('focuses the last error where that was asked for', async () => {
    await show(page, { content: FULL_CONTENT, focus: 'lastError' });
    await page.waitForFunction(`document.activeElement.id === 'lastError-heading'`);
  });

  it('focuses its title where there is no last error any more', async () => {
    await show(page, { content: { ...FULL_CONTENT, lastError: null }, focus: 'lastError' });
    await page.waitForFunction(`document.activeElement.id === 'header-heading'`);
  });

  it('does not lose the focus with what it was on', async () => {
    const { inspection, columns } = FULL_CONTENT;
    const goes = async (from: string, content: ShowMessage['content'], to: string): Promise<void> => {
      await show(page, { content: FULL_CONTENT });
      await page.locator(from).focus();
      await show(page, { content });
      assert.equal(await page.evaluate('document.activeElement.id'), to, from);
    };
    const absent = { kind: 'absent', language: 'en', name: 'orders', sentence: 'It is gone.' } as const;
    await goes('#button-helpLastError', { ...FULL_CONTENT, lastError: null }, 'facts-heading');
    await goes(
      '#button-helpInspection',
      { ...FULL_CONTENT, inspection: { ...inspection, button: null } },
      'inspection-heading',
    );
    await goes('#button-refresh', absent, 'absent-heading');
    await goes('#history-summary', absent, 'absent-heading');
    await goes(
      '#columns-table',
      { ...FULL_CONTENT, columns: { ...columns, sentences: ['BigQuery was asked 2 h ago.'] } },
      'columns-table',
    );
    await show(page, { content: absent });
    await page.locator('#absent-heading').focus();
    await show(page, { content: FULL_CONTENT });
    assert.equal(await page.evaluate('document.activeElement.id'), 'header-heading');
  });

  it('takes no focus that was not its own', async () => {
    await show(page, { content: FULL_CONTENT });
    await show(page, { content: { ...FULL_CONTENT, lastError: null } });
    assert.equal(await page.evaluate('document.activeElement === document.body'), true);
  });

  it('takes sections away and puts them back in their place', async () => {
    await show(page, { content: FULL_CONTENT });
    await show(page, { content: { ...FULL_CONTENT, notices: [], lastError: null, changes: null } });
    await page.locator('#lastError').waitFor({ state: 'detached' });
    await show(page, { content: FULL_CONTENT });
    await page.locator('#lastError').waitFor();
    assert.deepEqual(await page.evaluate(`[...document.querySelectorAll('main > *')].map(({ id }) => id)`), [
      'header',
      'notices',
      'lastError',
      'facts',
      'changes',
      'documentation',
      'columns',
      'inspection',
      'history',
    ]);
    await show(page, {
      content: { kind: 'absent', language: 'en', name: 'orders', sentence: 'This table is gone.' },
    });
    await page.getByText('This table is gone.').waitFor();
    assert.equal(await page.locator('main > *').count(), 1);
    assert.deepEqual(await axeViolations(page), []);
  });

  it('takes no message that is not of the host’s kind', async () => {
    await show(page, { content: FULL_CONTENT });
    await page.locator('h1').waitFor();
    for (const message of [
      { kind: 'show', content: { ...FULL_CONTENT, name: 7 }, announcement: 'no', focus: null },
      { kind: 'other', content: FULL_CONTENT, announcement: 'no', focus: null },
      null,
      'show',
    ])
      await page.evaluate((data: unknown) => (globalThis as unknown as Window).postMessage(data), message);
    await show(page, { content: { ...FULL_CONTENT, name: 'after' } });
    await page.locator('h1', { hasText: 'after' }).waitFor();
    assert.equal(await page.getByRole('status').textContent(), '');
  });

  it('draws a gap where nothing is known, and says the chart in a sentence', async () => {
    await show(page, { content: FULL_CONTENT });
    const chart = page.getByRole('img', { name: 'Rows over 4 refreshes: first 10 rows, last 30 rows.' });
    assert.equal(await chart.locator('path.line').count(), 2);
    assert.equal(await chart.locator('circle').count(), 3);
    assert.deepEqual(await chart.locator('text').allTextContents(), [
      '10 rows',
      '20 rows',
      '30 rows',
      '30 rows',
      '1 Jan 2026',
      '2 Jan 2026',
    ]);
  });

  it('does not move for who wants nothing to move', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await show(page, {
      content: { ...FULL_CONTENT, state: { icon: 'refreshing', word: 'refreshing', reason: '' } },
    });
    const icon = page.locator('.state-refreshing .icon');
    const animation = (): Promise<string> =>
      icon.evaluate(
        (svg: unknown) =>
          (
            globalThis as unknown as { getComputedStyle(e: unknown): { animationName: string } }
          ).getComputedStyle(svg).animationName,
      );
    assert.equal(await animation(), 'none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.equal(await animation(), 'turn');
    // VS Code's own setting.
    await page.evaluate(`document.body.classList.add('vscode-reduce-motion')`);
    assert.equal(await animation(), 'none');
  });

  it('can be read in the forced colours of the system, and in a narrow column', async () => {
    await page.emulateMedia({ forcedColors: 'active' });
    await page.setViewportSize({ width: 320, height: 700 });
    await show(page, { content: FULL_CONTENT });
    await page.locator('h1').waitFor();
    await page.screenshot({
      path: path.join(REPORTS, 'screenshots', 'details-page-forced-colors.png'),
      fullPage: true,
    });
    // WCAG 2, 1.4.10: no scrolling in two directions at a width of 320.
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= 320'), true);
  });
});

/** What of the page the compiler has to know. */
interface Window {
  postMessage(data: unknown): void;
}

/** The page as the panel makes it, from a server of its own origin, with nothing in the network. */
async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const html = panelHtml({
    cspSource: ORIGIN,
    nonce: 'abc123',
    scriptUri: `${ORIGIN}/details.js`,
    styleUri: `${ORIGIN}/details.css`,
    language: 'en',
  });
  await page.route('**/*', (route) => {
    const { pathname, origin } = new URL(route.request().url());
    if (origin !== ORIGIN) return route.abort();
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: html });
    const contentType = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType, body: readFileSync(path.join(BUILT, path.basename(pathname))) });
  });
  await page.addInitScript(STUB);
  await page.goto(`${ORIGIN}/`);
  await wear(page, 'dark');
  return page;
}

/** Puts a theme on the page, in the way in which VS Code does it. */
async function wear(page: Page, theme: ThemeName): Promise<void> {
  const { bodyClass, variables } = THEMES_OF_PAGE[theme];
  await page.evaluate(`(() => {
    document.body.className = ${JSON.stringify(bodyClass.replace('vscode-reduce-motion', '').trim())};
    for (const [name, value] of Object.entries(${JSON.stringify(variables)}))
      document.documentElement.style.setProperty(name, value);
  })()`);
}

/** Sends what the host sends, and waits until the page has had it. */
async function show(
  page: Page,
  { content, announcement = null, focus = null }: Partial<ShowMessage> & Pick<ShowMessage, 'content'>,
): Promise<void> {
  const message: ShowMessage = { kind: 'show', content, announcement, focus };
  await page.evaluate((data: unknown) => {
    const window = globalThis as unknown as Window & {
      addEventListener(name: string, listener: () => void, options: { once: boolean }): void;
    };
    return new Promise<void>((resolve) => {
      window.addEventListener('message', () => resolve(), { once: true });
      window.postMessage(data);
    });
  }, message);
}
