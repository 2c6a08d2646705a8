import { globSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { BUILD, ROOT } from './places.ts';

/**
 * Bundles test/extension/**\/*.test.ts with their entry into one CommonJS file, since the extension host of a desktop
 * VS Code loads no TypeScript.
 * @returns path of the bundle
 */
export async function bundleExtensionTests(): Promise<string> {
  const files = globSync('test/extension/**/*.test.ts', { cwd: ROOT }).sort();
  const entries = files.map((file) => {
    const from = JSON.stringify(`./${file.split(path.sep).join('/')}`);
    return `{ file: ${JSON.stringify(path.join(ROOT, file))}, load: () => import(${from}) },`;
  });
  const outfile = path.join(BUILD, 'extensionTests.cjs');
  await build({
    stdin: {
      contents: [
        `import { runExtensionSuite } from './test/host/extensionSuite.ts';`,
        `export const run = () => runExtensionSuite([`,
        ...entries,
        `]);`,
      ].join('\n'),
      resolveDir: ROOT,
      sourcefile: 'extensionTests.ts',
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    // Packages with native parts or their own state are the ones of node_modules.
    packages: 'external',
    external: ['vscode'],
    // No source map: VS Code formats stacks itself and takes none into account. The bundle is readable.
    logLevel: 'warning',
  });
  return outfile;
}
