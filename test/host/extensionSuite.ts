import { appendFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { format } from 'node:util';
import { runSuite } from './mochaSuite.ts';

/** A test file in the bundle: importing it registers its tests. */
export interface BundledTests {
  readonly file: string;
  readonly load: () => Promise<unknown>;
}

const TEST_TIMEOUT_MS = 60_000;

/**
 * Entry of the tests inside the extension host. The environment says where report (FRESHNESS_REPORT), result
 * (FRESHNESS_RESULT) and output (FRESHNESS_OUTPUT) go; the last two are set by codeHeadless.ts alone.
 * The result is what counts: when the extension host dies, the workbench calls that a success, and there is none.
 * @throws Error when a test failed and nobody reads the result: a desktop VS Code then ends with a failure
 */
export async function runExtensionSuite(tests: readonly BundledTests[]): Promise<void> {
  const {
    FRESHNESS_REPORT: report,
    FRESHNESS_RESULT: result,
    FRESHNESS_OUTPUT: output,
    FRESHNESS_GREP: grep,
    FRESHNESS_FORBID_ONLY: forbidOnly,
  } = process.env;
  if (report === undefined) throw new Error('FRESHNESS_REPORT is not set.');
  if (output !== undefined) sendOutputTo(output);
  const { failed } = await runSuite(
    {
      report,
      timeoutMs: TEST_TIMEOUT_MS,
      grep: grep === '' ? undefined : grep,
      forbidOnly: forbidOnly === '1',
    },
    async (mocha) => {
      for (const { file, load } of tests) {
        mocha.suite.emit('pre-require', globalThis, file, mocha);
        await load();
      }
    },
  ).catch((error: unknown) => {
    console.error(error);
    throw error;
  });
  if (result !== undefined) writeFileSync(result, JSON.stringify({ failed }));
  else if (failed > 0) throw new Error(`${failed} tests failed`);
}

/** The workbench's log mixes with other output and leaves `%s` unformatted. */
function sendOutputTo(file: string): void {
  // VS Code guards these with accessors that ignore assignment.
  const replace = (object: object, name: string, value: unknown): void => {
    Object.defineProperty(object, name, { configurable: true, get: () => value, set: () => undefined });
  };
  for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
    replace(console, level, (...args: unknown[]) => appendFileSync(file, `${format(...args)}\n`));
  }
  for (const name of ['stdout', 'stderr']) {
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done): void {
        appendFileSync(file, chunk);
        done();
      },
    });
    replace(process, name, stream);
  }
}
