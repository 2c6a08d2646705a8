import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whenProcessEnds } from './processEnd.ts';

export type Settings = Readonly<Record<string, unknown>>;

/** No network, no welcome, no questions: good for people who try the sample, and for tests. */
export const CALM_SETTINGS: Settings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/** On top of that for tests: nothing moves and nothing stands beside what is tested. */
export const TEST_SETTINGS: Settings = {
  ...CALM_SETTINGS,
  'security.workspace.trust.enabled': false,
  'git.enabled': false,
  'window.menuBarVisibility': 'compact',
  'window.commandCenter': false,
  'workbench.colorTheme': 'Dark 2026',
  // Toasts would be caught while they fade.
  'workbench.reduceMotion': 'on',
};

const EXTENSION_SETTINGS = 'agnesFreshness.';

/** A throw-away user profile of VS Code. */
export interface Profile {
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
  /** XDG_STATE_HOME and the like for what runs with this profile. */
  readonly state: string;
  /** Replaces the user's settings; a page that is open sees them after a reload. */
  writeSettings(settings: Settings): void;
  dispose(): void;
}

export interface ProfileOptions {
  /** Where the profile is to be, instead of a new temporary folder; such a folder is kept. */
  readonly userData?: string | undefined;
  readonly extensions?: string | undefined;
}

/** Makes the folders of a profile; `dispose()` and the end of this process remove them. */
export function createProfile(settings: Settings, options: ProfileOptions = {}): Profile {
  const folder = mkdtempSync(path.join(tmpdir(), 'freshness-host-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const takeBack = whenProcessEnds({
    // The server that uses it is ended at the same time; the exit handler comes after that.
    dispose: () => Promise.resolve(),
    force: remove,
  });
  const profile = {
    folder,
    userData: options.userData ?? path.join(folder, 'user-data'),
    extensions: options.extensions ?? path.join(folder, 'extensions'),
    state: path.join(folder, 'state'),
    writeSettings(next: Settings): void {
      writeSettingsFile(path.join(profile.userData, 'User'), next);
      // A workbench on a server takes machine-scoped settings from the server's machine settings alone. The workbench's
      // own stay out of them, where they would win over what a test chooses in the user interface.
      const own = Object.entries(next).filter(([key]) => key.startsWith(EXTENSION_SETTINGS));
      writeSettingsFile(path.join(profile.userData, 'Machine'), Object.fromEntries(own));
    },
    dispose(): void {
      takeBack();
      remove();
    },
  };
  for (const each of [profile.extensions, profile.state]) mkdirSync(each, { recursive: true });
  profile.writeSettings(settings);
  return profile;
}

function writeSettingsFile(folder: string, settings: Settings): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings, null, 2));
}
