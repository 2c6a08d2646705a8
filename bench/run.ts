// npm run bench: memory and times of a refresh, of the lock and of a takeover, as Markdown tables for docs/reliability.md.
import { measureFlight, type FlightMeasurement } from './measureFlight.ts';
import { measureRefresh } from './measureRefresh.ts';

const FLIGHTS = 10;
/** Beyond what can be set, so that the limit is not what is measured. */
const UNLIMITED = 500;
const DEFAULT_RATE = 80;

console.log(
  '| tables with 200 columns | requests a second | time | memory when idle | most above that | window afterwards |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [tables, rate] of [
  [1_000, DEFAULT_RATE],
  [1_000, UNLIMITED],
  [10_000, UNLIMITED],
] as const) {
  const { runMs, idleMb, peakMb, afterMb } = await measureRefresh(tables, rate);
  const cells = [
    `${(runMs / 1_000).toFixed(1)} s`,
    ...[idleMb, peakMb - idleMb, afterMb].map((mb) => `${mb.toFixed(0)} MB`),
  ];
  console.log(`| ${tables} | ${rate} | ${cells.join(' | ')} |`);
}

const flights: FlightMeasurement[] = [];
for (let i = 0; i < FLIGHTS; i += 1) flights.push(await measureFlight());
console.log('\n| what | median | slowest |');
console.log('| --- | --- | --- |');
for (const [what, key] of [
  ['taking and freeing the lock', 'lockMs'],
  ['window killed: the next one’s run has begun', 'afterWindowMs'],
  ['child killed: its window asks again under the lock', 'afterChildMs'],
] as const) {
  const sorted = flights.map((flight) => flight[key]).toSorted((a, b) => a - b);
  const [median = 0, slowest = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`| ${what} | ${median.toFixed(0)} ms | ${slowest.toFixed(0)} ms |`);
}
