// npm test: runs the steps in order and ends with the line "N passed, N failed".
//   npm test                       everything
//   npm test -- unit ui            some steps (extension and ui are built first)
//   npm test -- ui --grep tree     as mocha's --grep
//   npm run torture                many processes and crashes, at full length, with a table of the results
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countsLine, total, type Counts } from './host/report.ts';
import { STEPS, type Step, type StepName } from './host/steps.ts';
import { TORTURE_REPORT, tortureTable } from './torture/scale.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' }, full: { type: 'boolean', default: false } },
});
/** What loads dist/. */
const NEED_BUILD: readonly StepName[] = ['integration', 'extension', 'ui'];

if (values.full) process.env['TORTURE'] = 'full';
rmSync(TORTURE_REPORT, { force: true });

const names = positionals.map((name) => {
  const step = STEPS.find((each) => each.name === name);
  if (step !== undefined) return step.name;
  console.error(`There is no step "${name}". There are: ${STEPS.map((each) => each.name).join(', ')}.`);
  process.exit(1);
});
const complete = names.length === 0;
const chosen = complete ? STEPS : STEPS.filter((step) => isChosen(step));

const all: Counts[] = [];
const summary: string[] = [];
let stopped = false;
for (const step of chosen) {
  if (stopped) {
    // Not silently green: what could not run did not pass.
    all.push({ passed: 0, failed: 1, skipped: 0 });
    summary.push(`${step.name.padEnd(12)} not run`);
    continue;
  }
  console.log(`\n=== ${step.heading}`);
  const startedMs = performance.now();
  const counts = await step.run({ grep: values.grep, complete });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`--- ${step.heading}: ${countsLine(counts)} (${seconds} s)`);
  summary.push(`${step.name.padEnd(12)} ${countsLine(counts)} (${seconds} s)`);
  all.push(counts);
  stopped = step.essential === true && counts.failed > 0;
}
const sum = total(all);
if (sum.passed === 0 || sum.failed > 0) process.exitCode = 1;
if (values.full) console.log(`\n${tortureTable()}`);
console.log(`\n${summary.join('\n')}\n`);
console.log(countsLine(sum));

function isChosen(step: Step): boolean {
  if (names.includes(step.name)) return true;
  return step.name === 'build' && names.some((name) => NEED_BUILD.includes(name));
}
