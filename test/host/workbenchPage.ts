import path from 'node:path';
import type { Page } from 'playwright-core';

/** A workbench on a busy machine with two cores: seen up to 17 s. */
export const WORKBENCH_LIMIT_MS = 120_000;

export interface WorkbenchTarget {
  /** Absolute path of the folder or the `.code-workspace` file to open; undefined for an empty window. */
  readonly open?: string | undefined;
  /** All but the ones under development. */
  readonly disableExtensions?: boolean;
}

/** Address of a workbench on the server at `serverUrl`. */
export function workbenchUrl(serverUrl: string, { open, disableExtensions }: WorkbenchTarget): string {
  const url = new URL(serverUrl);
  if (open === undefined) url.searchParams.set('ew', 'true');
  else url.searchParams.set(open.endsWith('.code-workspace') ? 'workspace' : 'folder', path.resolve(open));
  if (disableExtensions === true)
    url.searchParams.set('payload', JSON.stringify([['disableExtensions', 'true']]));
  return url.toString();
}

export interface DevelopmentOptions {
  /** Folders of the extensions under development. */
  readonly extensions: readonly string[];
  /** File that exports `run()`. */
  readonly tests?: string | undefined;
}

/**
 * Loads extensions from their folders into the workbenches that `page` opens from now on: sets the embedder option
 * `developmentOptions` (vscode, src/vs/workbench/browser/web.api.ts) in the configuration that the workbench reads
 * from its HTML. The URL's `payload` does the same only with `enable-smoke-test-driver`, which hides toasts.
 */
export async function setDevelopmentOptions(
  page: Page,
  serverUrl: string,
  { extensions, tests }: DevelopmentOptions,
): Promise<void> {
  const uri = (file: string): object => ({
    scheme: 'vscode-remote',
    authority: new URL(serverUrl).host,
    path: path.resolve(file),
  });
  const options = {
    extensions: extensions.map(uri),
    ...(tests === undefined ? {} : { extensionTestsPath: uri(tests) }),
  };
  // As text: the page is a program of its own, with types that a test does not have.
  await page.addInitScript(`(${WRITE_OPTIONS})(${JSON.stringify(options)})`);
}

const WRITE_OPTIONS = `(options) => {
  if (window !== window.top) return;
  new MutationObserver((_, observer) => {
    const element = document.getElementById('vscode-workbench-web-configuration');
    if (element === null) return;
    observer.disconnect();
    const configuration = JSON.parse(element.getAttribute('data-settings'));
    configuration.developmentOptions = { ...configuration.developmentOptions, ...options };
    element.setAttribute('data-settings', JSON.stringify(configuration));
  }).observe(document, { childList: true, subtree: true });
}`;

/**
 * Gives the workbenches that `page` opens from now on a display language. The server names it to the workbench in a script of
 * the language pack (vscode, src/vs/nls.ts), which is there for real languages alone.
 */
export async function setDisplayLanguage(page: Page, language: string): Promise<void> {
  await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(language)};`);
}

/** Resolves when the workbench shows its parts; extensions come later. */
export async function workbenchShown(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: WORKBENCH_LIMIT_MS });
  await page.locator('.statusbar-item').first().waitFor({ timeout: WORKBENCH_LIMIT_MS });
}
