// Builds dist/: the extension, and beside it one bundle for each heavy part, which loads on first use.
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';

const production = process.argv.includes('--production');
const root = import.meta.dirname;
const source = (file) => path.join(root, 'src', file);

/** Modules that other bundles import with `import()`, by the name of their bundle. */
const LAZY_BUNDLES = {
  bigQueryProvider: source('adapters/bigquery/bigQueryProvider.ts'),
  sampleSource: source('host/sampleSource.ts'),
  agnesBackend: source('adapters/files/agnesBackend.ts'),
  serverSource: source('host/server/serverSource.ts'),
  connectServer: source('host/server/connectServer.ts'),
  cliSignIn: source('adapters/agnesApi/cliSignIn.ts'),
  troubleshoot: source('host/troubleshoot/troubleshoot.ts'),
  detailsPanels: source('host/details/detailsPanels.ts'),
};

/** Turns `import('…/bigQueryProvider.ts')` into a load of `./bigQueryProvider.js`, for the modules above alone. */
const lazyBundles = {
  name: 'lazy-bundles',
  setup(build) {
    const nameOf = new Map(Object.entries(LAZY_BUNDLES).map(([name, file]) => [file, name]));
    build.onResolve({ filter: /\.ts$/ }, ({ kind, path: target, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const name = nameOf.get(path.resolve(resolveDir, target));
      return name === undefined ? undefined : { path: `./${name}.js`, external: true };
    });
  },
};

/** Texts have one table in the process, which is set once: every bundle takes it from the same file. */
const sharedTexts = {
  name: 'shared-texts',
  setup(build) {
    build.onResolve({ filter: /^@vscode\/l10n$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './l10n.js', external: true },
    );
  },
};

/** Takes DuckDB's native library from dist/native, which `copyNativeLibrary` fills. */
const nativeLibrary = {
  name: 'native-library',
  setup(build) {
    build.onResolve({ filter: /^@duckdb\/node-bindings$/ }, () => ({
      path: './native/duckdb.node',
      external: true,
    }));
  },
};

/** npm installs the binding of this platform alone. A missing one is a failure here, not on a user's machine. */
async function copyNativeLibrary(target) {
  const scope = path.join(root, 'node_modules', '@duckdb');
  const bindings = (await readdir(scope)).filter((name) => name.startsWith('node-bindings-'));
  if (bindings.length !== 1)
    throw new Error(`expected one DuckDB binding, found: ${bindings.join(', ') || 'none'}`);
  const folder = path.join(scope, bindings[0]);
  const files = (await readdir(folder)).filter((name) =>
    /^(duckdb\.node|libduckdb\..+|duckdb\.dll)$/.test(name),
  );
  if (!files.includes('duckdb.node') || files.length < 2) throw new Error(`${bindings[0]} is not complete`);
  await mkdir(target, { recursive: true });
  await Promise.all(files.map((name) => copyFile(path.join(folder, name), path.join(target, name))));
}

const options = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  // Electron's extension host loads these with require: a real import() of a file beside it needs a URL there.
  supported: { 'dynamic-import': false },
  outdir: path.join(root, 'dist'),
  external: ['vscode'],
  plugins: [lazyBundles, sharedTexts, nativeLibrary],
  minify: production,
  sourcemap: !production,
  sourcesContent: false,
  logLevel: 'warning',
  legalComments: 'none',
};

await rm(options.outdir, { recursive: true, force: true });
await mkdir(options.outdir, { recursive: true });
await esbuild.build({
  ...options,
  entryPoints: {
    extension: source('extension.ts'),
    l10n: '@vscode/l10n',
    duckDbWorker: source('adapters/duckdb/workerEntry.ts'),
    ...LAZY_BUNDLES,
  },
});
// The page of the details panel: it runs in a browser.
await esbuild.build({
  ...options,
  platform: 'browser',
  target: 'chrome120',
  format: 'iife',
  outdir: path.join(options.outdir, 'webview'),
  external: [],
  plugins: [],
  entryPoints: [source('webview/details/details.ts'), source('webview/details/details.css')],
});
await copyNativeLibrary(path.join(options.outdir, 'native'));
