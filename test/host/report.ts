import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type Mocha from 'mocha';

/** One test in a report, in the shape of mocha's own `json` reporter. */
interface ReportedTest {
  readonly title: string;
  readonly fullTitle: string;
  readonly file: string | undefined;
  readonly duration: number | undefined;
  readonly currentRetry: number;
  readonly speed: string | undefined;
  readonly err: Readonly<Record<string, unknown>>;
}

/** How the tests of one suite ended; what was left out on purpose is `skipped`. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Writes what `runner` reports to `file` as mocha's `json` reporter would, at the end of the run. Our own because
 * that one loses the whole report when a failed assertion compared bigints.
 */
export function writeReportAtEnd(runner: Mocha.Runner, file: string): void {
  const tests: Mocha.Test[] = [];
  const pending: Mocha.Test[] = [];
  const failures: Mocha.Test[] = [];
  const passes: Mocha.Test[] = [];
  runner.on('test end', (test) => tests.push(test));
  runner.on('pending', (test) => pending.push(test));
  runner.on('pass', (test) => passes.push(test));
  runner.on('fail', (test) => failures.push(test));
  runner.once('end', () => {
    const report = {
      stats: runner.stats,
      tests: tests.map(reported),
      pending: pending.map(reported),
      failures: failures.map(reported),
      passes: passes.map(reported),
    };
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, stringify(report));
  });
}

/**
 * Counts of the report in `file`, or undefined when there is none that can be read.
 */
export function readCounts(file: string): Counts | undefined {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  const stats = property(report, 'stats');
  const [passed, failed, skipped] = ['passes', 'failures', 'pending'].map((name) => property(stats, name));
  if (typeof passed !== 'number' || typeof failed !== 'number' || typeof skipped !== 'number')
    return undefined;
  return { passed, failed, skipped };
}

/** The sum of all. */
export function total(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, each) => ({
      passed: sum.passed + each.passed,
      failed: sum.failed + each.failed,
      skipped: sum.skipped + each.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** `N passed, N failed`, and `, N skipped` when there are any. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function reported(test: Mocha.Test): ReportedTest {
  return {
    title: test.title,
    fullTitle: test.fullTitle(),
    file: test.file,
    duration: test.duration,
    currentRetry: (test as unknown as { currentRetry(): number }).currentRetry(),
    speed: test.speed,
    err: test.err === undefined ? {} : ownProperties(test.err),
  };
}

/** With `message` and `stack`, which are not enumerable. */
function ownProperties(error: Error): Record<string, unknown> {
  return Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [name, property(error, name)] as const),
  );
}

function stringify(value: unknown): string {
  const ancestors: unknown[] = [];
  return JSON.stringify(
    value,
    function (this: unknown, _key, each: unknown) {
      if (typeof each === 'bigint') return `${each}n`;
      if (typeof each !== 'object' || each === null) return each;
      while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
      if (ancestors.includes(each)) return '[circular]';
      ancestors.push(each);
      return each;
    },
    2,
  );
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
