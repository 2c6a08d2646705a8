import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_DATA_POLICIES, resolveDataPolicies } from '../../../src/core/dataFreshness.ts';
import { describeReason, type FailureAction } from '../../../src/core/failureTexts.ts';
import {
  MAX_CONCURRENCY,
  MAX_REQUESTS_PER_SECOND,
  resolveRefreshPolicy,
} from '../../../src/core/refreshPolicy.ts';
import { SETTING_KEYS, SETTINGS_SECTION } from '../../../src/core/settingKeys.ts';
import { COMMANDS, TABLES_VIEW } from '../../../src/host/commandIds.ts';
import { WALKTHROUGH } from '../../../src/host/commands/walkthroughId.ts';
import { WELCOME_FAILURES } from '../../../src/host/welcomeFailures.ts';
import { FRESHNESS_LOOKS } from '../../../src/host/freshnessWords.ts';
import { readEnglishManifest } from '../../fixtures/manifest.ts';

interface ContributedSetting {
  readonly scope: string;
  readonly default: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxProperties?: number;
  readonly additionalProperties?: {
    readonly oneOf: readonly {
      readonly properties?: Readonly<Record<string, { readonly pattern: string }>>;
    }[];
  };
}

interface Walkthrough {
  readonly id: string;
  readonly steps: readonly {
    readonly id: string;
    readonly description: string;
    readonly media: { readonly svg: string; readonly altText: string };
    readonly completionEvents: readonly string[];
  }[];
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly viewsWelcome: readonly {
      readonly view: string;
      readonly when: string;
      readonly contents: string;
    }[];
    readonly views: Readonly<
      Record<string, readonly { readonly id: string; readonly accessibilityHelpContent?: string }[]>
    >;
    readonly walkthroughs: readonly Walkthrough[];
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
  signInGoogle: COMMANDS.signInGoogle,
  openSetting: COMMANDS.openSettings,
  retry: COMMANDS.reload,
  showLog: COMMANDS.showLog,
};

const manifest = readEnglishManifest() as Manifest;
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

  it('lets the settings editor take exactly the policies for the age of data that the extension takes', () => {
    const setting = settings[`${SETTINGS_SECTION}.dataFreshness`] ?? assert.fail();
    assert.deepEqual([setting.default, setting.maxProperties], [{}, MAX_DATA_POLICIES]);
    const limits = setting.additionalProperties?.oneOf[0]?.properties ?? assert.fail();
    assert.deepEqual(Object.keys(limits), ['warnAfter', 'errorAfter']);
    for (const [limit, { pattern }] of Object.entries(limits)) {
      for (const text of ['12h', ' 90 M ', '2d', '007s', '0h', '12w', '12', 'h', '-1h', '1.5h', '']) {
        const isTaken = resolveDataPolicies({ t: { [limit]: text } }).warnings.length === 0;
        assert.equal(new RegExp(pattern).test(text), isTaken, `${limit} "${text}"`);
      }
    }
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

  it('offers one thing to do in each empty state, and no more than a sentence beside it', () => {
    for (const { when, contents } of manifest.contributes.viewsWelcome) {
      const buttons = contents.split('\n').filter((line) => /^\[[^\]]+\]\(command:[\w.]+\)$/.test(line));
      // Runs that nobody here may start need no button.
      const isReadOnly = when.startsWith('!agnesFreshness.canRefresh');
      assert.equal(buttons.length, isReadOnly ? 0 : 1, contents);
    }
  });

  it('links nothing but its own commands', () => {
    const { viewsWelcome, walkthroughs } = manifest.contributes;
    const texts = [
      ...viewsWelcome.map(({ contents }) => contents),
      ...walkthroughs.flatMap(({ steps }) => steps.map(({ description }) => description)),
    ];
    const known = [...Object.values<string>(COMMANDS), `${TABLES_VIEW}.focus`];
    for (const text of texts) {
      for (const [, command = ''] of text.matchAll(/\(command:([^)]+)\)/g)) {
        assert.ok(known.includes(command), command);
      }
    }
  });

  it('has one walkthrough of four steps, each with one button, a picture and what completes it', () => {
    const { walkthroughs, views } = manifest.contributes;
    const [walkthrough, ...others] = walkthroughs;
    assert.deepEqual(others, []);
    assert.equal(WALKTHROUGH, `${manifest.publisher}.${manifest.name}#${walkthrough?.id ?? ''}`);
    const steps = walkthrough?.steps ?? [];
    assert.equal(steps.length, 4);
    const viewIds = Object.values(views).flatMap((all) => all.map(({ id }) => id));
    const known: Readonly<Record<string, readonly string[]>> = {
      onCommand: [...Object.values(COMMANDS), `${TABLES_VIEW}.focus`],
      onView: viewIds,
      onSettingChanged: Object.keys(settings),
      onContext: ['agnesFreshness.hasSource'],
    };
    for (const { description, media, completionEvents } of steps) {
      const buttons = description.split('\n').filter((line) => /^\[[^\]]+\]\(command:[\w.]+\)$/.test(line));
      assert.equal(buttons.length, 1, description);
      assert.ok(completionEvents.length > 0);
      for (const event of completionEvents) {
        const [kind = '', of = ''] = event.split(':');
        assert.ok(known[kind]?.includes(of), event);
      }
      assert.notEqual(media.altText, '');
      const svg = readFileSync(path.join(import.meta.dirname, '../../..', media.svg), 'utf8');
      // Every colour is one of the theme, with one to fall back to; none is written down alone.
      const colors = [...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, color = '']) => color);
      const odd = colors.filter((color) => color !== 'none' && !/^var\(--vscode-[\w-]+, .+\)$/.test(color));
      assert.deepEqual(odd, [], media.svg);
      assert.doesNotMatch(
        svg,
        /<(?:text|style|script|image)/,
        'a picture has no words, which nobody could translate',
      );
    }
  });

  it('says how each view is used without seeing it', () => {
    for (const { id, accessibilityHelpContent = '' } of Object.values(manifest.contributes.views).flat()) {
      assert.ok(accessibilityHelpContent.length > 100, id);
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
