import { randomBytes } from 'node:crypto';
import { launchBrowser } from './browser.ts';
import { hostEnvironment } from './environment.ts';
import { freePort } from './freePort.ts';
import { installExtension, type ExtensionManifest } from './installedExtension.ts';
import { createProfile } from './profile.ts';
import { SAMPLE_SETTINGS, writeSampleWorkspace } from './sampleWorkspace.ts';
import { startServer } from './server.ts';
import { workbenchShown, WORKBENCH_LIMIT_MS, workbenchUrl } from './workbenchPage.ts';

const USUAL_PORT = 8391;
/** 144 bits: the server is reachable by every user of this machine. */
const PASSWORD_BYTES = 18;

export interface StartedInBrowser {
  /** With the folder to open. */
  readonly url: string;
  readonly password: string;
  readonly manifest: ExtensionManifest;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface BrowserStart {
  /** Folder of the built extension. */
  readonly root: string;
  /** Exactly this port; by default 8391 or, when that is taken, another. */
  readonly port?: number | undefined;
}

/** Serves VS Code with the extension installed and the sample catalog loaded. */
export async function startInBrowser({ root, port }: BrowserStart): Promise<StartedInBrowser> {
  const profile = createProfile(SAMPLE_SETTINGS);
  try {
    const manifest = installExtension(root, profile.extensions);
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    const server = await startServer({
      profile,
      password,
      port: port ?? (await freePort(USUAL_PORT)),
      environment: hostEnvironment(process.env),
    });
    return {
      url: workbenchUrl(server.url, { open: writeSampleWorkspace(profile.folder) }),
      password,
      manifest,
      ended: server.ended,
      async stop(): Promise<void> {
        await server.stop();
        profile.dispose();
      },
    };
  } catch (error) {
    profile.dispose();
    throw error;
  }
}

/**
 * Does what a person does: opens the address, gives the password, opens the view, and waits for the sample's tables and
 * the status bar item.
 * @throws Error when one of them does not appear
 */
export async function checkInBrowser({ url, password, manifest }: StartedInBrowser): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(WORKBENCH_LIMIT_MS);
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    await page.locator('input[type=password]').fill(password);
    await page.locator('input[type=submit]').click();
    await workbenchShown(page);
    for (const title of manifest.containers) {
      await page.locator(`.activitybar .action-item a[aria-label^=${JSON.stringify(title)}]`).click();
    }
    // The sample's tables: the extension, its DuckDB and its bundles are all there.
    await page.locator('.sidebar .monaco-list-row[role=treeitem][aria-level="2"]').first().waitFor();
    await page
      .locator(`.statusbar-item[id^=${JSON.stringify(`${manifest.id}.`)}]`)
      .first()
      .waitFor();
  } finally {
    await browser.close();
  }
}
