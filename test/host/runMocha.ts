// Runs test files in plain Node: runMocha.ts --report FILE --timeout MS [--grep TEXT] [--forbid-only] GLOB…
import { globSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runSuite } from './mochaSuite.ts';
import { ROOT } from './places.ts';
import { endWithParent } from './processEnd.ts';

/** For timers and sockets that are just closing. */
const LEFT_OPEN_LIMIT_MS = 30_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    report: { type: 'string' },
    timeout: { type: 'string' },
    grep: { type: 'string' },
    'forbid-only': { type: 'boolean', default: false },
  },
});
if (values.report === undefined) throw new Error('--report is missing.');

endWithParent();
// Mocha then fails the test that is running; without a listener it swallows the rejection.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
const files = globSync(positionals, { cwd: ROOT }).sort();
const { failed } = await runSuite(
  {
    report: path.resolve(values.report),
    timeoutMs: Number(values.timeout ?? 10_000),
    grep: values.grep,
    forbidOnly: values['forbid-only'],
  },
  async (mocha) => {
    for (const file of files) mocha.addFile(path.resolve(ROOT, file));
    await mocha.loadFilesAsync();
  },
);
process.exitCode = failed === 0 ? 0 : 1;

// The process ends by itself, unless a test left something open: that is a fault of the test or of what it tests.
setTimeout(() => {
  console.error(
    `Something was left open after the last test: ${process.getActiveResourcesInfo().join(', ')}`,
  );
  process.exit(1);
}, LEFT_OPEN_LIMIT_MS).unref();
