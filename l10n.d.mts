import type { l10nJsonFormat } from '@vscode/l10n-dev';

/** Path of the bundle that `npm run l10n` writes. */
export const BUNDLE: string;

/** The texts of all calls of `l10n.t` below `folder` (`src/`), as VS Code's bundles have them, sorted by key. */
export function collectTexts(folder?: string): Promise<l10nJsonFormat>;
