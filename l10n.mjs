// Collects the texts of src/ into l10n/bundle.l10n.json, from which translations are made:  npm run l10n
import { globSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getL10nJson } from '@vscode/l10n-dev';
import prettier from 'prettier';

const ROOT = import.meta.dirname;
export const BUNDLE = path.join(ROOT, 'l10n', 'bundle.l10n.json');

const IMPORT = "import * as l10n from '@vscode/l10n';\n";

/** The texts of all calls of `l10n.t` below `folder`, as VS Code's bundles have them, sorted by key. */
export async function collectTexts(folder = path.join(ROOT, 'src')) {
  const sources = globSync('**/*.ts', { cwd: folder }).map((file) =>
    withoutImports(file, readFileSync(path.join(folder, file), 'utf8')),
  );
  // As one file: the tool compiles its queries anew for each import, and takes seconds for what is then a tenth of one.
  const texts = await getL10nJson([{ extension: '.ts', contents: IMPORT + sources.join('\n') }]);
  return Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutImports(file, source) {
  const rest = source.replace(IMPORT, '').replace(/^import .* from 'vscode';$/m, '');
  if (/'@vscode\/l10n'|\bvscode\.l10n\.t\b/.test(rest)) {
    throw new Error(`${file}: texts go through ${IMPORT.trim()}`);
  }
  return rest;
}

async function write() {
  const options = await prettier.resolveConfig(BUNDLE);
  const text = await prettier.format(JSON.stringify(await collectTexts()), { ...options, filepath: BUNDLE });
  await mkdir(path.dirname(BUNDLE), { recursive: true });
  await writeFile(BUNDLE, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write();
