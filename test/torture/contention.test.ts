import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BigQueryStandIn } from '../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, writeAgnesFile } from '../fixtures/agnesFile.ts';
import { readConsistentRows, startCountingBigQuery } from './consistentRows.ts';
import { FULL, report, SEED } from './scale.ts';
import type { Told } from './told.ts';

const WINDOW = fileURLToPath(new URL('contendingWindow.ts', import.meta.url));
const PROCESSES = 4;
const ROUNDS = FULL ? 50 : 12;
const TABLES = 8;

describe(`${PROCESSES} processes × ${ROUNDS} rounds on one file`, () => {
  let folder: string;
  let database: string;
  let standIn: BigQueryStandIn;

  before(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-torture-')));
    database = path.join(folder, 'system.duckdb');
    await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
    standIn = await startCountingBigQuery({ latencyMs: 60 });
  });
  after(async () => {
    await standIn.dispose();
    await rm(folder, { recursive: true });
  });

  it('exactly one holds the lock at any time, every round ends, no row is lost or torn', async function () {
    this.timeout(600_000);
    const startedMs = performance.now();
    const told = await Promise.all(Array.from({ length: PROCESSES }, (_, index) => runWindow(index)));
    const all = told.flat();

    const rounds = all.filter((each) => each.kind === 'round');
    assert.equal(rounds.length, PROCESSES * ROUNDS);
    assert.deepEqual(
      rounds.filter(({ endedBy, failed }) => endedBy !== null || failed > 0),
      [],
    );

    const holdings = all.filter((each) => each.kind === 'held');
    assert.ok(holdings.length > 0);
    assertDisjoint(holdings.map(({ from, to }) => [BigInt(from), BigInt(to)] as const));

    const outcomes = all.filter((each) => each.kind === 'outcome');
    const last = new Map<string, { readonly rows: string; readonly observedAt: bigint }>();
    for (const { tableId, stored, observedAt, rows } of outcomes) {
      assert.ok(stored === 'stored' || stored === 'superseded', stored);
      const at = BigInt(observedAt);
      if (at >= (last.get(tableId)?.observedAt ?? 0n)) last.set(tableId, { rows, observedAt: at });
    }
    const read = await readConsistentRows(database);
    assert.deepEqual(
      new Map(Array.from(read.values(), ({ tableId, rows }) => [tableId, String(rows)])),
      new Map(Array.from(last, ([tableId, { rows }]) => [tableId, rows])),
      'the last observation of each table is what stands in the file',
    );
    assert.equal((await readConsistentRows(database, '1.5.2')).size, read.size);
    // One request for each outcome that was asked for, and none besides: who joined or waited asked for nothing.
    assert.equal(outcomes.filter(({ asked }) => asked).length, standIn.counts.received);
    await assert.rejects(access(`${database}.wal`));

    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    report({
      test: `${PROCESSES} processes × ${ROUNDS} rounds`,
      result: `${holdings.length} holdings of the lock, 0 overlaps, ${count(rounds, 'joined')} joined, ${standIn.counts.received} requests`,
      time: `${seconds} s`,
    });
  });

  async function runWindow(index: number): Promise<readonly Told[]> {
    const args = [database, path.join(folder, 'state'), standIn.url, String(ROUNDS), String(SEED + index)];
    const child = spawn(process.execPath, [WINDOW, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const told: Told[] = [];
    for await (const line of createInterface(child.stdout)) told.push(JSON.parse(line) as Told);
    assert.deepEqual(await ended, [0, null]);
    return told;
  }
});

function count(rounds: readonly { readonly what: string }[], what: string): number {
  return rounds.filter((round) => round.what === what).length;
}

function assertDisjoint(intervals: readonly (readonly [from: bigint, to: bigint])[]): void {
  const sorted = intervals.toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [index, [from]] of sorted.entries()) {
    const before = sorted[index - 1];
    assert.ok(before === undefined || before[1] < from, 'two windows held the lock at once');
  }
}
