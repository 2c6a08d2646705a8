#!/usr/bin/env node
// Stands in for the desktop `code` executable: takes the flags that @vscode/test-electron passes, runs them in the VS
// Code host with a headless Chromium, prints the output of the tests and ends with their outcome.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { readHeadlessArguments } from './codeHeadlessArguments.ts';
import { testEnvironment } from './environment.ts';
import { REPORTS } from './places.ts';
import { endWithParent, whenProcessEnds } from './processEnd.ts';
import { createProfile, TEST_SETTINGS } from './profile.ts';
import { startServer } from './server.ts';
import { followFile } from './tail.ts';
import { setDevelopmentOptions, workbenchUrl } from './workbenchPage.ts';

/** All tests together. */
const LIMIT_MS = 10 * 60_000;
/** The workbench asks for a reload when it lost the server, and offers a restart when the extension host died. */
const BROKEN =
  /requires a reload|Extension host terminated unexpectedly|Remote Extension host terminated|Cannot reconnect/;

const args = readHeadlessArguments(process.argv.slice(2));
for (const option of args.ignored) console.error(`[code] ignored: ${option}`);
endWithParent();

const profile = createProfile(TEST_SETTINGS, { userData: args.userData, extensions: args.extensionsFolder });
const outputFile = path.join(profile.folder, 'tests.out');
const resultFile = path.join(profile.folder, 'tests.json');
writeFileSync(outputFile, '');
const output = followFile(outputFile, process.stdout);

let browser: Browser | undefined;
let page: Page | undefined;
const takeBack = whenProcessEnds({ dispose: async () => browser?.close(), force: () => undefined });

const server = await startServer({
  profile,
  environment: testEnvironment(process.env, profile.state, {
    FRESHNESS_OUTPUT: outputFile,
    FRESHNESS_RESULT: resultFile,
  }),
});

/** What went wrong, or undefined when the tests came to their end. */
const trouble = await Promise.race([
  server.ended.then(() => 'the VS Code server ended before its tests did'),
  runInBrowser(),
]).catch((error: unknown) => String(error));

output.close();
const failed = trouble ?? resultTrouble();
if (failed !== undefined) {
  console.error(`[code] ${failed}`);
  await page?.screenshot({ path: path.join(REPORTS, 'extension-failure.png') }).catch(() => undefined);
}
await browser?.close().catch(() => undefined);
await server.stop();
takeBack();
profile.dispose();
process.exit(failed === undefined ? 0 : 1);

async function runInBrowser(): Promise<string | undefined> {
  browser = await launchBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  page.on('pageerror', (error) => console.error(`[code] in the page: ${String(error)}`));
  const crashed = new Promise<string>((resolve) => {
    page?.once('crash', () => resolve('the page crashed'));
  });
  const ended = new Promise<undefined>((resolve) => {
    // The workbench calls it when the tests are over, or when their extension host is.
    void page?.exposeFunction('codeAutomationExit', () => resolve(undefined));
  });
  await setDevelopmentOptions(page, server.url, { extensions: args.extensions, tests: args.tests });
  await page.goto(workbenchUrl(server.url, args), { waitUntil: 'domcontentloaded' });
  const message = page
    .locator('.monaco-dialog-box, .notifications-toasts .notification-toast')
    .filter({ hasText: BROKEN })
    .first();
  const broken = message.waitFor({ timeout: 0 }).then(async () => oneLine(await message.innerText()));
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`the tests did not end within ${LIMIT_MS / 60_000} minutes`), LIMIT_MS).unref();
  });
  return await Promise.race([crashed, ended, broken, late]);
}

function resultTrouble(): string | undefined {
  if (!existsSync(resultFile)) return 'the extension host ended before its tests did';
  const result: unknown = JSON.parse(readFileSync(resultFile, 'utf8'));
  const count: unknown =
    typeof result === 'object' && result !== null ? Reflect.get(result, 'failed') : undefined;
  return count === 0 ? undefined : `${String(count)} tests failed`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
