import type Mocha from 'mocha';
import { readCounts, writeReportAtEnd, type Counts } from './report.ts';

export interface SuiteOptions {
  /** Where the report goes. */
  readonly report: string;
  /** For one test, unless it says otherwise. */
  readonly timeoutMs: number;
  /** As mocha's --grep. */
  readonly grep?: string | undefined;
  /** A forgotten `.only` is a failure. */
  readonly forbidOnly: boolean;
}

/**
 * Runs mocha with its `spec` output and a report; `load` adds the tests.
 * Mocha is imported late so that this can be bundled for the extension host.
 * @returns the counts, as they stand in the report
 */
export async function runSuite(
  options: SuiteOptions,
  load: (mocha: Mocha) => Promise<void>,
): Promise<Counts> {
  const { default: MochaClass } = await import('mocha');
  const { Spec } = MochaClass.reporters;
  // Called with `new` by mocha.
  function specAndReport(runner: Mocha.Runner, runOptions: Mocha.MochaOptions): void {
    new Spec(runner, runOptions);
    writeReportAtEnd(runner, options.report);
  }
  const mocha = new MochaClass({
    ui: 'bdd',
    timeout: options.timeoutMs,
    forbidOnly: options.forbidOnly,
    reporter: specAndReport as unknown as Mocha.ReporterConstructor,
    ...(options.grep === undefined ? {} : { grep: options.grep }),
  });
  await load(mocha);
  await new Promise<void>((resolve) => {
    mocha.run(() => resolve());
  });
  const counts = readCounts(options.report);
  if (counts === undefined) throw new Error(`Mocha left no report at ${options.report}.`);
  return counts;
}
