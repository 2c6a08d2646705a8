import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeReason, type FailureAction } from '../../../src/core/failureTexts.ts';
import {
  MAX_CONCURRENCY,
  MAX_REQUESTS_PER_SECOND,
  resolveRefreshPolicy,
} from '../../../src/core/refreshPolicy.ts';
import { SETTING_KEYS, SETTINGS_SECTION } from '../../../src/core/settingKeys.ts';
import { COMMANDS } from '../../../src/host/commandIds.ts';
import { WELCOME_FAILURES } from '../../../src/host/welcomeFailures.ts';
import { FRESHNESS_LOOKS } from '../../../src/host/freshnessWords.ts';

interface ContributedSetting {
  readonly scope: string;
  readonly default: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Manifest {
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly viewsWelcome: readonly { readonly when: string; readonly contents: string }[];
    readonly commands: readonly { readonly command: string }[];
    readonly colors: readonly { readonly id: string; readonly defaults: Readonly<Record<string, string>> }[];
    readonly configuration: readonly {
      readonly properties: Readonly<Record<string, ContributedSetting>>;
    }[];
  };
}

const WELCOME_COMMANDS: Readonly<Record<FailureAction['kind'], string>> = {
  chooseDatabase: COMMANDS.chooseDatabase,
  connectServer: COMMANDS.connectServer,
  signIn: COMMANDS.signIn,
  openSetting: COMMANDS.openSettings,
  retry: COMMANDS.reload,
  showLog: COMMANDS.showLog,
};

const manifest = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../package.json'), 'utf8'),
) as Manifest;
const settings = Object.assign(
  {},
  ...manifest.contributes.configuration.map(({ properties }) => properties),
) as Record<string, ContributedSetting>;

describe('package.json', () => {
  it('names exactly the commands that the extension registers', () => {
    const named = manifest.contributes.commands.map(({ command }) => command).sort();
    assert.deepEqual(named, Object.values<string>(COMMANDS).sort());
  });

  it('names exactly the settings that the extension reads', () => {
    assert.deepEqual(
      Object.keys(settings).sort(),
      SETTING_KEYS.map((key) => `${SETTINGS_SECTION}.${key}`).sort(),
    );
  });

  it('lets no repository redirect paths, endpoints or credentials', () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    for (const [key, { scope }] of Object.entries(settings)) {
      if (!/database|administrator|server|bigquery/.test(key)) continue;
      assert.equal(scope, 'machine', key);
      assert.ok(restrictedConfigurations.includes(key), key);
    }
  });

  it('lets an untrusted workspace set nothing', () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.deepEqual([...restrictedConfigurations].sort(), Object.keys(settings).sort());
  });

  it('lets the settings editor choose exactly the limits of requests that the extension takes', () => {
    const find = (key: string): ContributedSetting =>
      settings[`${SETTINGS_SECTION}.${key}`] ?? assert.fail(key);
    const concurrency = find('concurrency');
    const rate = find('requestsPerSecond');
    const numbers = Array.from({ length: MAX_CONCURRENCY }, (_, i) => i + 1);
    assert.deepEqual(concurrency.enum, [null, 'auto', ...numbers]);
    assert.deepEqual([rate.minimum, rate.maximum], [1, MAX_REQUESTS_PER_SECOND]);
    const defaults = { concurrency: concurrency.default, requestsPerSecond: rate.default };
    assert.deepEqual(resolveRefreshPolicy(defaults, {}), resolveRefreshPolicy({}, {}));
  });

  it('has welcome content with one button for each failure, in the words of the failure', () => {
    for (const reason of WELCOME_FAILURES) {
      const welcome = manifest.contributes.viewsWelcome.find(({ when }) =>
        when.endsWith(`failure == ${reason}`),
      );
      const [sentence, button = '', ...rest] = welcome?.contents.split('\n') ?? [];
      const { message, action } = describeReason(reason);
      assert.equal(sentence, message);
      assert.equal(button.includes(WELCOME_COMMANDS[action.kind]), true, `${reason}: ${button}`);
      assert.deepEqual(rest, []);
    }
  });

  it('has a colour for each state, in high contrast too', () => {
    for (const { color } of Object.values(FRESHNESS_LOOKS)) {
      const contributed = manifest.contributes.colors.find(({ id }) => id === color) ?? assert.fail(color);
      assert.deepEqual(Object.keys(contributed.defaults).sort(), [
        'dark',
        'highContrast',
        'highContrastLight',
        'light',
      ]);
    }
  });
});
