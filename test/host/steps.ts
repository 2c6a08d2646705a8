import { rmSync } from 'node:fs';
import path from 'node:path';
import { runNode } from './childStep.ts';
import { REPORTS } from './places.ts';
import { readCounts, type Counts } from './report.ts';

/** What `npm test` was asked for. */
export interface StepOptions {
  readonly grep: string | undefined;
  /** Everything runs: a forgotten `.only` and a suite without tests are failures. */
  readonly complete: boolean;
}

/** One part of `npm test`, with a heading of its own. */
export interface Step {
  readonly name: StepName;
  readonly heading: string;
  /** Later steps can't run when it fails. */
  readonly essential?: boolean;
  run(options: StepOptions): Promise<Counts>;
}

export type StepName = 'types' | 'lint' | 'build' | 'unit' | 'integration' | 'torture' | 'extension' | 'ui';

/** All steps in their order. */
export const STEPS: readonly Step[] = [
  {
    name: 'types',
    heading: 'Type check',
    run: () =>
      tools(
        ['node_modules/typescript/bin/tsc', '-p', '.'],
        // Browser code: it knows a page and no Node.
        ['node_modules/typescript/bin/tsc', '-p', 'src/webview'],
      ),
  },
  {
    name: 'lint',
    heading: 'Lint and format',
    run: () =>
      tools(
        ['node_modules/eslint/bin/eslint.js', '.'],
        ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
      ),
  },
  { name: 'build', heading: 'Build', essential: true, run: () => tools(['esbuild.mjs']) },
  plainSuite('unit', 'Unit tests', 10_000, ['test/unit/**/*.test.ts', 'test/host/*.test.ts']),
  plainSuite('integration', 'Engine integration tests', 120_000, ['test/integration/**/*.test.ts']),
  plainSuite('torture', 'Many processes and crashes', 120_000, ['test/torture/**/*.test.ts']),
  {
    name: 'extension',
    heading: 'Extension tests, in an extension host of VS Code',
    run: (options) => suite('extension', ['test/host/runExtensionTests.ts'], [], options),
  },
  plainSuite('ui', 'UI tests, on the workbench of VS Code', 180_000, ['test/ui/**/*.test.ts']),
];

function plainSuite(name: StepName, heading: string, timeoutMs: number, globs: readonly string[]): Step {
  const command = ['test/host/runMocha.ts', '--timeout', String(timeoutMs)];
  return { name, heading, run: (options) => suite(name, command, globs, options) };
}

/** Each tool counts as one test. */
async function tools(...commands: readonly (readonly string[])[]): Promise<Counts> {
  let passed = 0;
  for (const command of commands) if (await runNode(command)) passed++;
  return { passed, failed: commands.length - passed, skipped: 0 };
}

/**
 * Runs one mocha suite in a process of its own. Its report is what counts; no report, no tests, and a process that
 * fails without a failed test count as one failure.
 */
async function suite(
  name: StepName,
  command: readonly string[],
  globs: readonly string[],
  { grep, complete }: StepOptions,
): Promise<Counts> {
  const report = path.join(REPORTS, `${name}.json`);
  rmSync(report, { force: true });
  const ended = await runNode([
    ...command,
    ...['--report', report],
    ...(grep === undefined ? [] : ['--grep', grep]),
    ...(complete ? ['--forbid-only'] : []),
    ...globs,
  ]);
  const counts = readCounts(report);
  const trouble = troubleOf(counts, ended, grep === undefined);
  if (trouble === undefined) return counts ?? { passed: 0, failed: 0, skipped: 0 };
  console.error(`${name}: ${trouble}`);
  return { passed: 0, skipped: 0, ...counts, failed: (counts?.failed ?? 0) + 1 };
}

/** What a report does not say itself. */
export function troubleOf(
  counts: Counts | undefined,
  endedWell: boolean,
  testsExpected: boolean,
): string | undefined {
  if (counts === undefined) return 'it left no report';
  if (testsExpected && counts.passed + counts.failed === 0) return 'it ran no test';
  if (!endedWell && counts.failed === 0) return 'every test passed, but its process failed';
  return undefined;
}
