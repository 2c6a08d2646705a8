import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../host/browser.ts';
import { testEnvironment, type Environment } from '../host/environment.ts';
import { readManifest } from '../host/installedExtension.ts';
import { REPORTS, ROOT } from '../host/places.ts';
import { createProfile, TEST_SETTINGS, type Profile, type Settings } from '../host/profile.ts';
import { startServer, type CodeServer } from '../host/server.ts';
import {
  setDevelopmentOptions,
  setDisplayLanguage,
  workbenchShown,
  WORKBENCH_LIMIT_MS,
  workbenchUrl,
} from '../host/workbenchPage.ts';

/** For one step on a page that is ready. */
const STEP_LIMIT_MS = 30_000;

const HOVER_LIMIT_MS = 5_000;
const HOVER_ATTEMPTS = 4;

export type ThemeName = 'dark' | 'light' | 'highContrastDark' | 'highContrastLight';

/** `id` in settings, `label` in the picker, `css` on the workbench when it applies. */
const THEMES: Readonly<
  Record<ThemeName, { readonly id: string; readonly label: string; readonly css: string }>
> = {
  dark: { id: 'Dark 2026', label: 'Dark 2026', css: 'vs-dark' },
  light: { id: 'Light 2026', label: 'Light 2026', css: 'vs' },
  highContrastDark: { id: 'Default High Contrast', label: 'Dark High Contrast', css: 'hc-black' },
  highContrastLight: { id: 'Default High Contrast Light', label: 'Light High Contrast', css: 'hc-light' },
};

export const ALL_THEMES = Object.keys(THEMES) as readonly ThemeName[];

export interface WorkbenchServerOptions {
  /** Folder of the extension under development; this checkout by default. */
  readonly extension?: string;
  /** On top of a test's environment; extension hosts inherit it. */
  readonly environment?: Environment;
  readonly workspaceTrust?: boolean;
}

export interface OpenOptions {
  /** User settings on top of the tests' own. All pages of a server share one settings file. */
  readonly settings?: Settings;
  /** Absolute path of the folder to open; an empty one by default. */
  readonly folder?: string;
  readonly theme?: ThemeName;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Id of VS Code's display language; English by default. Its own texts stay English: there is no language pack. */
  readonly language?: string;
  /** Id of a status bar item of the extension to wait for; without it, the extension may still be starting. */
  readonly statusItem?: string;
}

/** A VS Code server and a browser; every `open()` is a window with its own extension host and browser storage. */
export interface WorkbenchServer {
  readonly profile: Profile;
  open(options?: OpenOptions): Promise<Workbench>;
  dispose(): Promise<void>;
}

/** Starts what a suite of UI tests shares: a second or two; a window takes 5 to 20. */
export async function startWorkbenchServer(options: WorkbenchServerOptions = {}): Promise<WorkbenchServer> {
  const extension = options.extension ?? ROOT;
  const profile = createProfile(TEST_SETTINGS);
  const emptyFolder = path.join(profile.folder, 'workspace');
  mkdirSync(emptyFolder);
  let server: CodeServer | undefined;
  let browser: Browser | undefined;
  const dispose = async (): Promise<void> => {
    await browser?.close();
    await server?.stop();
    profile.dispose();
  };
  try {
    server = await startServer({
      profile,
      environment: testEnvironment(process.env, profile.state, options.environment),
      workspaceTrust: options.workspaceTrust ?? false,
    });
    browser = await launchBrowser();
  } catch (error) {
    await dispose();
    throw error;
  }
  const { url } = server;
  const running = browser;
  return {
    profile,
    dispose,
    async open({ settings, folder = emptyFolder, theme = 'dark', viewport, language, statusItem } = {}) {
      profile.writeSettings({ ...TEST_SETTINGS, 'workbench.colorTheme': THEMES[theme].id, ...settings });
      const context = await running.newContext({
        viewport: viewport ?? { width: 1280, height: 800 },
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      context.setDefaultTimeout(STEP_LIMIT_MS);
      const page = await context.newPage();
      const workbench = new Workbench(page, readManifest(extension).id);
      try {
        await setDevelopmentOptions(page, url, { extensions: [extension] });
        if (language !== undefined) await setDisplayLanguage(page, language);
        await page.goto(workbenchUrl(url, { open: folder }), { waitUntil: 'domcontentloaded' });
        await workbench.shown(theme, statusItem);
      } catch (error) {
        await workbench.screenshot('failed-to-open').catch(() => undefined);
        await workbench.close();
        throw error;
      }
      return workbench;
    },
  };
}

/** One window. Where a method returns a Locator, Playwright waits for it when it is used. */
export class Workbench {
  readonly page: Page;
  /** Uncaught errors of the page. */
  readonly pageErrors: Error[] = [];
  readonly #extensionId: string;
  #theme: ThemeName = 'dark';

  constructor(page: Page, extensionId: string) {
    this.page = page;
    this.#extensionId = extensionId;
    page.on('pageerror', (error) => this.pageErrors.push(error));
  }

  /** Resolves when the workbench has its parts and its theme and, if one is named, the extension its status bar item. */
  async shown(theme: ThemeName, statusItem?: string): Promise<void> {
    await workbenchShown(this.page);
    await this.#themed(theme);
    if (statusItem !== undefined) {
      await this.statusItem(statusItem).waitFor({ timeout: WORKBENCH_LIMIT_MS });
    }
  }

  /** Loads the window anew: the extension starts again, with the settings of now. */
  async reload(statusItem?: string): Promise<void> {
    await this.page.reload({ waitUntil: 'domcontentloaded' });
    await this.shown(this.#theme, statusItem);
  }

  /** Runs the command with exactly this title (with its category: `Category: Title`) from the command palette. */
  async runCommand(title: string): Promise<void> {
    await this.openPalette(title);
    await this.pick(title);
  }

  /** Opens the command palette, filtered by `filter`. */
  async openPalette(filter: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.fill(`>${filter}`);
  }

  /** Text field of the palette, quick pick or input box that is open. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget .quick-input-box input');
  }

  /** Entries of the palette or quick pick that is open. */
  get quickPicks(): Locator {
    return this.page.locator('.quick-input-widget').getByRole('option');
  }

  /**
   * Chooses the entry with this label. Not with Enter: that takes the top-ranked one, which may be another.
   */
  async pick(label: string): Promise<void> {
    // The accessible name is the label, then what else stands in the row, after a comma.
    await this.page
      .locator('.quick-input-widget')
      .getByRole('option', { name: new RegExp(`^${escaped(label)}(,|$)`) })
      .first()
      .click();
  }

  /** Answers the input box that is open. */
  async answer(text: string): Promise<void> {
    await this.quickInput.fill(text);
    await this.quickInput.press('Enter');
  }

  /** Icon of a view container in the activity bar. */
  viewContainer(title: string): Locator {
    // The badge is part of the label: "Title - 3 things".
    return this.page.locator('.activitybar .action-item').filter({
      has: this.page.locator(
        `a[aria-label=${JSON.stringify(title)}], a[aria-label^=${JSON.stringify(`${title} - `)}], a[aria-label^=${JSON.stringify(`${title} (`)}]`,
      ),
    });
  }

  /** Shows a view container, if it is not shown already. */
  async openViewContainer(title: string): Promise<void> {
    const icon = this.viewContainer(title);
    await icon.waitFor();
    const isOpen = (await icon.getAttribute('class'))?.split(' ').includes('checked') === true;
    if (!isOpen) await icon.click(); // a badge lies over the link in it
    await this.page.locator('.sidebar .composite.title').filter({ hasText: title }).waitFor();
  }

  /** The rows of the trees in the side bar that are in sight. */
  get treeRows(): Locator {
    return this.page.locator('.sidebar .monaco-list-row[role=treeitem]');
  }

  /** Row of a tree in the side bar by its accessible name, or the beginning of it. */
  treeRow(name: string | RegExp): Locator {
    const pattern = typeof name === 'string' ? new RegExp(`^\\s*${escaped(name)}`) : name;
    return this.page.locator('.sidebar').getByRole('treeitem', { name: pattern });
  }

  /** Inline action of a row, by its title; shown while the pointer is over the row. */
  async clickRowAction(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.locator(`.actions a[aria-label^=${JSON.stringify(title)}]`).click();
  }

  /** Opens the context menu of a row and chooses the entry with this title. */
  async chooseFromMenu(row: Locator, title: string): Promise<void> {
    await row.click({ button: 'right' });
    // A menu ignores a button that comes up within its first tenth of a second.
    await this.page.getByRole('menuitem', { name: title, exact: true }).click({ delay: 200 });
  }

  /** Status bar item of the extension, by the id it was created with. */
  statusItem(itemId: string): Locator {
    return this.page.locator(`[id=${JSON.stringify(`${this.#extensionId}.${itemId}`)}]`);
  }

  /**
   * Rests the pointer on something until its hover shows this text. The first hover of a window comes only at times, so
   * the pointer leaves and comes back.
   */
  async hover(target: Locator, text: RegExp): Promise<Locator> {
    const hover = this.page.locator('.monaco-hover').filter({ hasText: text });
    for (let attempt = 1; ; attempt++) {
      await target.hover();
      try {
        await hover.first().waitFor({ timeout: HOVER_LIMIT_MS });
        return hover.first();
      } catch (error) {
        if (attempt === HOVER_ATTEMPTS) throw error;
        await this.leaveHover();
      }
    }
  }

  /** Takes the pointer to where nothing is. */
  async leaveHover(): Promise<void> {
    await this.page.mouse.move(800, 400);
    await this.page.locator('.monaco-hover').first().waitFor({ state: 'hidden' });
  }

  /** Toast that holds this text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-toast').filter({ hasText: text });
  }

  /** Presses a button of a toast. */
  async pressInNotification(text: string | RegExp, button: string): Promise<void> {
    await this.notification(text).getByRole('button', { name: button, exact: true }).click();
  }

  /** Closes all toasts. */
  async clearNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page
      .locator('.notifications-toasts .notification-toast')
      .first()
      .waitFor({ state: 'detached' });
  }

  /** Modal dialog. */
  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** Switches the colour theme of the open window and waits until it applies. */
  async setTheme(theme: ThemeName): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.quickInput.fill(THEMES[theme].label);
    await this.pick(THEMES[theme].label);
    await this.quickInput.waitFor({ state: 'hidden' });
    await this.#themed(theme);
  }

  /** Writes reports/screenshots/<name>.png. @returns its path */
  async screenshot(name: string): Promise<string> {
    const file = path.join(REPORTS, 'screenshots', `${name.replaceAll(/[^\w.-]+/g, '-')}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** For an afterEach: a picture of what a failed test saw. */
  async screenshotIfFailed(test: Mocha.Test | undefined): Promise<void> {
    if (test?.state === 'failed') await this.screenshot(`failed-${test.fullTitle()}`);
  }

  /** Closes the window; its extension host ends with it. */
  async close(): Promise<void> {
    await this.page.context().close();
  }

  async #themed(theme: ThemeName): Promise<void> {
    this.#theme = theme;
    await this.page
      .locator(`.monaco-workbench.${THEMES[theme].css}`)
      .waitFor({ timeout: WORKBENCH_LIMIT_MS });
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
