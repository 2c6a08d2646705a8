/**
 * Program, `npm run bench`: takes the figures of "Memory and time" in docs/reliability.md and prints them as a table. On
 * Linux alone, for its memory is that of /proc.
 */
import { timeLock, timeRetake, timeTakeover } from './flightTimes.ts';
import { measureRefresh, type RefreshMeasurement } from './measureRefresh.ts';

/** More than a window can ask: how long a refresh takes that nothing holds back. */
const UNLIMITED = 1_000_000;
/** The highest setting. */
const HIGHEST_RATE = 100;
const ROUNDS = 10;
const LOCK_ROUNDS = 100;

if (process.platform !== 'linux') {
  console.error('The memory of a process is read from /proc, so this runs on Linux alone.');
  process.exit(1);
}
row('what', 'figure');
row('---', '---');
row('refresh of 1,000 tables, as fast as it goes', refresh(await measureRefresh(1_000, UNLIMITED)));
row('refresh of 10,000 tables, as fast as it goes', refresh(await measureRefresh(10_000, UNLIMITED)));
row('refresh of 10,000 tables, 100 a second', refresh(await measureRefresh(10_000, HIGHEST_RATE)));
row('another window runs after kill -9 of a window', spread(await repeat(timeTakeover)));
row('a run goes on after kill -9 of its child', spread(await repeat(timeRetake)));
row('take and free the lock', spread(await timeLock(LOCK_ROUNDS)));

function row(what: string, figure: string): void {
  console.log(`| ${what} | ${figure} |`);
}

function refresh({ runMs, idleMb, peakMb, afterMb }: RefreshMeasurement): string {
  const memory = `${megabytes(idleMb)} before, ${megabytes(peakMb)} at most (+ ${megabytes(peakMb - idleMb)})`;
  return `${(runMs / 1_000).toFixed(1)} s; ${memory}, ${megabytes(afterMb)} without the child`;
}

function megabytes(count: number): string {
  return `${count.toFixed(0)} MB`;
}

async function repeat(work: () => Promise<number>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await work());
  return times;
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  return `${median.toFixed(0)} ms (median of ${sorted.length}), ${(sorted.at(-1) ?? NaN).toFixed(0)} ms (slowest)`;
}
