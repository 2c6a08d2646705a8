import { constants, cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { readEnglishManifest } from '../fixtures/manifest.ts';

/** What of package.json the test host needs. */
export interface ExtensionManifest {
  /** `publisher.name` */
  readonly id: string;
  readonly version: string;
  /** Titles of its view containers in the activity bar. */
  readonly containers: readonly string[];
}

/**
 * Reads the manifest of the extension in `root`.
 * @throws Error when publisher, name or version is missing
 */
export function readManifest(root: string): ExtensionManifest {
  const manifest = readEnglishManifest(root);
  const text = (name: string): string => {
    const value = property(manifest, name);
    if (typeof value !== 'string') throw new Error(`package.json has no ${name}`);
    return value;
  };
  const containers = property(property(property(manifest, 'contributes'), 'viewsContainers'), 'activitybar');
  return {
    id: `${text('publisher')}.${text('name')}`,
    version: text('version'),
    containers: (Array.isArray(containers) ? containers : []).flatMap((each: unknown) => {
      const title = property(each, 'title');
      return typeof title === 'string' ? [title] : [];
    }),
  };
}

/** What of a build VS Code reads. */
const CONTENTS = ['package.json', 'package.nls.json', 'l10n', 'README.md', 'LICENSE', 'dist', 'media'];

/**
 * Makes the built extension of `root` an installed one in `extensionsFolder`, which VS Code has not used yet: it takes
 * over the folders that it finds at its first start. A copy, no links: VS Code tells who calls its API by the real path
 * of the calling file, and writes into an installed package.json.
 */
export function installExtension(root: string, extensionsFolder: string): ExtensionManifest {
  const manifest = readManifest(root);
  const folder = path.join(extensionsFolder, `${manifest.id}-${manifest.version}`);
  for (const name of CONTENTS.filter((each) => existsSync(path.join(root, each)))) {
    cpSync(path.join(root, name), path.join(folder, name), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
  return manifest;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
