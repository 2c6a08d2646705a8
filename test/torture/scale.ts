import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REPORTS } from '../host/places.ts';

/** `npm run torture` does all of it; `npm test` a part that takes about a minute. */
export const FULL: boolean = process.env['TORTURE'] === 'full';

/** Seed of everything random here; another one is given by TORTURE_SEED. */
export const SEED = Number(process.env['TORTURE_SEED'] ?? '20260301');

/** Where the tests leave their results, a JSON line each. */
export const TORTURE_REPORT: string = path.join(REPORTS, 'torture.jsonl');

/** A row of the result table, for docs/reliability.md. */
export interface TortureResult {
  readonly test: string;
  readonly result: string;
  readonly time: string;
}

/** Keeps a row of the result table. */
export function report(row: TortureResult): void {
  mkdirSync(REPORTS, { recursive: true });
  appendFileSync(TORTURE_REPORT, `${JSON.stringify(row)}\n`);
}

/** The result table of the last run, in Markdown. */
export function tortureTable(): string {
  const lines = readFileSync(TORTURE_REPORT, 'utf8').trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as TortureResult);
  return [
    '| test | result | time |',
    '| --- | --- | --- |',
    ...rows.map(({ test, result, time }) => `| ${test} | ${result} | ${time} |`),
  ].join('\n');
}
