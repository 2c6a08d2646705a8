// Runs test/extension inside a real extension host: runExtensionTests.ts --report FILE [--grep TEXT] [--forbid-only].
// VSCODE_EXECUTABLE names a desktop VS Code to use; by default it is the one the bootstrap installed.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { testEnvironment } from './environment.ts';
import { bundleExtensionTests } from './extensionBundle.ts';
import { ROOT } from './places.ts';
import { endWithParent } from './processEnd.ts';
import { createProfile, TEST_SETTINGS } from './profile.ts';

const { values } = parseArgs({
  options: {
    report: { type: 'string' },
    grep: { type: 'string', default: '' },
    'forbid-only': { type: 'boolean', default: false },
    /** Another folder than this checkout; for trying out the host. */
    extension: { type: 'string', default: ROOT },
  },
});
if (values.report === undefined) throw new Error('--report is missing.');

endWithParent();
const executable = process.env['VSCODE_EXECUTABLE'] ?? path.join(import.meta.dirname, 'codeHeadless.ts');
const profile = createProfile(TEST_SETTINGS);
const environment = testEnvironment(process.env, profile.state);
// runTests passes on all of this process's environment.
for (const name of Object.keys(process.env))
  if (!(name in environment)) Reflect.deleteProperty(process.env, name);
const folder = path.join(profile.folder, 'workspace');
mkdirSync(folder);
try {
  await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: values.extension,
    extensionTestsPath: await bundleExtensionTests(),
    launchArgs: [folder, '--user-data-dir', profile.userData, '--extensions-dir', profile.extensions],
    extensionTestsEnv: {
      ...environment,
      FRESHNESS_REPORT: path.resolve(values.report),
      FRESHNESS_GREP: values.grep,
      FRESHNESS_FORBID_ONLY: values['forbid-only'] ? '1' : '0',
    },
  });
} catch (error) {
  if (!(error instanceof TestRunFailedError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  profile.dispose();
}
