import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What codeHeadless.ts understands of the command line of `code`. */
export interface HeadlessArguments {
  readonly extensions: readonly string[];
  readonly tests: string | undefined;
  readonly userData: string | undefined;
  readonly extensionsFolder: string | undefined;
  /** Folder or workspace file. */
  readonly open: string | undefined;
  readonly disableExtensions: boolean;
  /** Options that mean something to a desktop VS Code and are not understood here. */
  readonly ignored: readonly string[];
}

/** Switches that @vscode/test-electron passes and that mean nothing here. */
const MEANINGLESS =
  /^--(no-sandbox|disable-gpu(-sandbox)?|disable-updates|skip-welcome|skip-release-notes|no-cached-data|disable-workspace-trust|disable-telemetry|disable-crash-reporter|new-window|wait|disable-dev-shm-usage|disable-chromium-sandbox|enable-proposed-api)$/;

/** Reads the command line of `code`, as @vscode/test-electron writes it. */
export function readHeadlessArguments(args: readonly string[]): HeadlessArguments {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'extensions-dir': { type: 'string' },
      'folder-uri': { type: 'string' },
      'file-uri': { type: 'string' },
      'disable-extensions': { type: 'boolean' },
    },
  });
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const absolute = (value: unknown): string | undefined =>
    typeof value === 'string' ? path.resolve(value) : undefined;
  const fromUri = (value: unknown): string | undefined =>
    typeof value === 'string' ? fileURLToPath(value) : undefined;
  return {
    extensions: (values.extensionDevelopmentPath ?? []).flatMap((each) => absolute(each) ?? []),
    tests: absolute(values.extensionTestsPath),
    userData: absolute(values['user-data-dir']),
    extensionsFolder: absolute(values['extensions-dir']),
    open: fromUri(values['folder-uri']) ?? fromUri(values['file-uri']) ?? absolute(text(positionals[0])),
    disableExtensions: values['disable-extensions'] === true,
    ignored: tokens.flatMap((token) =>
      token.kind === 'option' && !KNOWN.has(token.name) && !MEANINGLESS.test(token.rawName)
        ? [token.rawName]
        : [],
    ),
  };
}

const KNOWN = new Set([
  'extensionDevelopmentPath',
  'extensionTestsPath',
  'user-data-dir',
  'extensions-dir',
  'folder-uri',
  'file-uri',
  'disable-extensions',
]);
