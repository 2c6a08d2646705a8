import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { l10nJsonFormat } from '@vscode/l10n-dev';
import * as ts from 'typescript';
import { BUNDLE, collectTexts } from '../../l10n.mjs';
import { readManifestTexts, readRawManifest } from '../fixtures/manifest.ts';
import {
  isPseudo,
  PSEUDO_LOCALE,
  pseudoLocalized,
  untranslated,
  writePseudoLocale,
} from '../fixtures/pseudoLocale.ts';

const SOURCES = path.join(import.meta.dirname, '../../src');
const manifest = readRawManifest();
const manifestTexts = readManifestTexts();

/** Fields of package.json that VS Code shows, or reads aloud. */
const SHOWN = new Set([
  'title',
  'shortTitle',
  'displayName',
  'description',
  'markdownDescription',
  'userDescription',
  'name',
  'category',
  'contents',
  'contextualTitle',
  'accessibilityHelpContent',
  'altText',
  'label',
  'patternErrorMessage',
  'errorMessage',
  'deprecationMessage',
  'markdownDeprecationMessage',
  'enumDescriptions',
  'markdownEnumDescriptions',
  'enumItemLabels',
]);

/** Values that a person reads only as such. */
const VALUES = new Set(['default', 'defaults', 'examples', 'body', 'enum']);

interface Found {
  readonly place: string;
  readonly text: string;
}

/** Every string below a value, with the field that it stands in; items of a list stand in the list's field. */
function* strings(
  value: unknown,
  place: string,
  field: string,
): Generator<Found & { readonly field: string }> {
  if (typeof value === 'string') yield { place, text: value, field };
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* strings(item, `${place}[${index}]`, field);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (!VALUES.has(key)) yield* strings(item, `${place}.${key}`, key);
    }
  }
}

const isKey = (text: string): boolean => /^%[\w.-]+%$/.test(text);

interface TextCall extends Found {
  /** Arguments behind the text; `undefined` where they can't be counted. */
  readonly given: number | undefined;
  /** It is made when the module is loaded, before the language is known. */
  readonly isAtLoad: boolean;
}

/** Calls of `l10n.t` with a plain text. */
function* textCalls(file: string): Generator<TextCall> {
  const source = readFileSync(path.join(SOURCES, file), 'utf8');
  if (!source.includes('@vscode/l10n')) return;
  const nodes: ts.Node[] = [ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    ts.forEachChild(node, (child) => void nodes.push(child));
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) continue;
    const { expression, name } = node.expression;
    if (!ts.isIdentifier(expression) || expression.text !== 'l10n' || name.text !== 't') continue;
    const [first, ...others] = node.arguments;
    if (first !== undefined && ts.isStringLiteral(first)) {
      const given = others.some(ts.isSpreadElement) ? undefined : others.length;
      yield { place: file, text: first.text, given, isAtLoad: ts.findAncestor(node, isLater) === undefined };
    }
  }
}

/** Whether what is in it runs later than its module is loaded. */
function isLater(node: ts.Node): boolean {
  if (!ts.isPropertyDeclaration(node)) return ts.isFunctionLike(node);
  return !(node.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
}

/** Numbers of the placeholders of a text, each once. */
function placeholders(text: string): readonly number[] {
  const numbers = Array.from(text.matchAll(/\{([^}]*)\}/g), ([, inside]) => Number(inside));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('texts of the code', () => {
  let calls: readonly TextCall[];
  before(() => {
    calls = globSync('**/*.ts', { cwd: SOURCES }).flatMap((file) => [...textCalls(file)]);
    assert.ok(calls.length > 100);
  });

  it('stand in l10n/bundle.l10n.json, all of them and no others', async () => {
    const bundle: unknown = JSON.parse(readFileSync(BUNDLE, 'utf8'));
    assert.deepEqual(bundle, await collectTexts(), 'the bundle is out of date: npm run l10n');
  });

  it('are made when they are shown, never when a module is loaded', () => {
    const early = calls.filter(({ isAtLoad }) => isAtLoad).map(({ place, text }) => `${place}: ${text}`);
    assert.deepEqual(early, []);
  });

  it('number their placeholders from 0, and get a value for each', () => {
    for (const { place, text, given } of calls) {
      const used = placeholders(text);
      assert.deepEqual(used, upTo(given ?? used.length), `${place}: ${text}`);
      assert.doesNotMatch(text.replaceAll(/\{\d\}/g, ''), /[{}]/, `${place}: ${text}`);
    }
  });

  it('are found where they stand in a folder, and only with the one import', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'texts-'));
    try {
      const put = (name: string, lines: readonly string[]): void =>
        writeFileSync(path.join(folder, name), lines.join('\n'));
      const imported = "import * as l10n from '@vscode/l10n';";
      put('b.ts', [imported, "export const b = (): string => l10n.t('It’s {0}', 1);"]);
      put('a.ts', [
        "import * as vscode from 'vscode';",
        imported,
        "l10n.t({ message: 'a', comment: ['c'] });",
      ]);
      assert.deepEqual(await collectTexts(folder), {
        'It’s {0}': 'It’s {0}',
        'a/c': { message: 'a', comment: ['c'] },
      });
      put('c.ts', ["import { t } from '@vscode/l10n';", "t('lost');"]);
      await assert.rejects(collectTexts(folder), /^Error: c\.ts: /);
      put('c.ts', ["import * as vscode from 'vscode';", "vscode.l10n.t('lost');"]);
      await assert.rejects(collectTexts(folder), /^Error: c\.ts: /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('texts of package.json', () => {
  it('are all in package.nls.json, and nothing else is', () => {
    const keys = [...strings(manifest, '', '')].flatMap(({ text }) =>
      isKey(text) ? [text.slice(1, -1)] : [],
    );
    assert.deepEqual(Object.keys(manifestTexts).sort(), [...new Set(keys)].sort());
    for (const [key, text] of Object.entries(manifestTexts)) assert.notEqual(text.trim(), '', key);
  });

  it('are keys wherever a person reads them', () => {
    const { displayName, description, capabilities, contributes } = manifest as Record<string, unknown>;
    const shown = [...strings({ displayName, description, capabilities, contributes }, 'package.json', '')];
    const bare = shown.filter(({ field, text }) => SHOWN.has(field) && !isKey(text));
    assert.deepEqual(
      bare.map(({ place, text }) => `${place}: ${text}`),
      [],
    );
  });
});

describe('the pseudo-locale', () => {
  it('leaves links, icons, placeholders, code, settings and addresses alone', () => {
    const text = pseudoLocalized(
      '$(sync~spin) See `4h` of {0}: [Connect…](command:agnesFreshness.connect), #agnesFreshness.x# or https://a.example.',
    );
    for (const kept of [
      '$(sync~spin) ',
      ' `4h` ',
      ' {0}: ',
      '](command:agnesFreshness.connect), ',
      ' #agnesFreshness.x# ',
      ' https://a.example.',
    ]) {
      assert.ok(text.includes(kept), `${kept} in ${text}`);
    }
    assert.doesNotMatch(text, /See|Connect…|\bof\b|\bor\b/);
  });

  it('has every text of code and package.json, in other letters', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pseudo-'));
    try {
      mkdirSync(path.join(folder, 'l10n'));
      writeFileSync(path.join(folder, 'package.nls.json'), JSON.stringify(manifestTexts));
      writeFileSync(path.join(folder, 'l10n/bundle.l10n.json'), readFileSync(BUNDLE));
      writePseudoLocale(folder);
      const bundleTexts = JSON.parse(readFileSync(BUNDLE, 'utf8')) as l10nJsonFormat;
      for (const [name, english] of [
        [`package.nls.${PSEUDO_LOCALE}.json`, manifestTexts],
        [`l10n/bundle.l10n.${PSEUDO_LOCALE}.json`, bundleTexts],
      ] as const) {
        const texts = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Record<string, string>;
        assert.deepEqual(Object.keys(texts), Object.keys(english));
        for (const [key, text] of Object.entries(english)) {
          const message = typeof text === 'string' ? text : text.message;
          const pseudo = texts[key] ?? '';
          assert.deepEqual(untranslated(pseudo), [], key);
          assert.deepEqual(pseudo.match(/\{\d\}/g), message.match(/\{\d\}/g), key);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows where a text was forgotten, and takes no data for one', () => {
    const text = pseudoLocalized('Refreshed {0} of {1} tables')
      .replace('{0}', '1.23M')
      .replace('{1}', '10,000');
    assert.deepEqual(untranslated(text), []);
    assert.ok(isPseudo(text));
    assert.deepEqual(untranslated(`${text}, not saved`), ['not', 'saved']);
    assert.ok(!isPseudo(`${text}, not saved`));
    const data = `${pseudoLocalized('at')} 1 Jan 2026, 10:42:00 GMT+2, bq_orders, sales.orders: orders (a3f09b1c)`;
    assert.deepEqual(untranslated(data), ['orders']);
    assert.deepEqual(untranslated(data, ['orders']), []);
    assert.deepEqual(untranslated('reorders', ['orders']), ['reorders']);
    assert.ok(!isPseudo('12 %'));
  });
});
