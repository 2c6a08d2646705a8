import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, realpath, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BigQueryStandIn } from '../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, writeAgnesFile } from '../fixtures/agnesFile.ts';
import { WorkerWatch } from '../integration/duckdb/workerWatch.ts';
import { LocalWindow } from '../integration/engine/localWindow.ts';
import { readConsistentRows, startCountingBigQuery, type ReadRow } from './consistentRows.ts';
import { CRASH_POINTS, encodePoint } from './crashPoints.ts';
import { FULL, report, SEED } from './scale.ts';
import { seededRandom } from './seededRandom.ts';

const WINDOW = fileURLToPath(new URL('crashingWindow.ts', import.meta.url));
const TABLES = 40;
/** Kills at any moment of a run, on top of those at the named points. */
const RANDOM_KILLS = FULL ? 60 : 4;
/** With two requests at once of 60 ms each a run stores twice; a random kill comes somewhere in it, or just after. */
const SLOW = { latencyMs: 60, concurrency: 2, lastsMs: 2_500 };
const QUICK = { latencyMs: 3, concurrency: 8 };

describe('kill -9', () => {
  let folder: string;
  let database: string;
  let watch: WorkerWatch;
  let standIn: BigQueryStandIn;
  let old: ReadonlyMap<string, ReadRow>;
  const nextRunsMs: number[] = [];

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-crash-')));
    database = path.join(folder, 'system.duckdb');
    watch = await WorkerWatch.listen(path.join(folder, 'watch.sock'));
    await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
  });
  afterEach(async () => {
    await watch.close();
    await standIn.dispose();
    await rm(folder, { recursive: true });
  });
  after(() => {
    const sorted = nextRunsMs.toSorted((a, b) => a - b);
    const [median, slowest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    report({
      test: `kill -9 at ${CRASH_POINTS.length} points and ${RANDOM_KILLS} random moments`,
      result: `${sorted.length} of ${CRASH_POINTS.length + RANDOM_KILLS} files whole, next run begins`,
      time: `next run within ${Math.round(median ?? 0)} ms (median), ${Math.round(slowest ?? 0)} ms (slowest)`,
    });
  });

  for (const point of CRASH_POINTS) {
    it(`of the ${point.victim} at ${point.name} ${point.nth} (${point.phase})`, async function () {
      this.timeout(120_000);
      await crash(point.nth === 2 && point.name !== 'opened' ? SLOW : QUICK, {
        CRASH_POINT: encodePoint(point),
        CRASH_VICTIM: point.victim,
      });
      await access(marker()); // the point was reached
    });
  }

  const random = seededRandom(SEED);
  for (let kill = 1; kill <= RANDOM_KILLS; kill += 1) {
    const victim = random() < 0.5 ? 'host' : 'child';
    const afterMs = Math.floor(random() * SLOW.lastsMs);
    it(`of the ${victim} after ${afterMs} ms`, async function () {
      this.timeout(120_000);
      await crash(SLOW, { CRASH_AFTER_MS: String(afterMs), CRASH_VICTIM: victim });
    });
  }

  function marker(): string {
    return path.join(folder, 'crashed');
  }

  function openWindow(): LocalWindow {
    const stateFolder = path.join(folder, 'state');
    return new LocalWindow({ database, stateFolder, endpoint: standIn.url, requestsPerSecond: 2_000 });
  }

  /** A first run for old rows, a second one that is killed, and what has to be so afterwards. */
  async function crash(
    speed: { readonly latencyMs: number; readonly concurrency: number },
    environment: NodeJS.ProcessEnv,
  ): Promise<void> {
    standIn = await startCountingBigQuery(speed);
    const before = openWindow();
    await (
      await before.source.startRun({ trigger: 'command' })
    ).run.result;
    await before.dispose();
    old = await readConsistentRows(database);
    assert.equal(old.size, TABLES);

    await runAndDie(speed.concurrency, environment);

    for (const version of ['current', '1.5.2'] as const) {
      const rows = await readConsistentRows(database, version);
      assert.deepEqual([...rows.keys()].sort(), [...old.keys()].sort());
      for (const row of rows.values()) {
        const was = old.get(row.tableId) ?? assert.fail();
        const isOld = row.rows === was.rows && row.refreshedAt === was.refreshedAt;
        assert.ok(isOld || (row.rows > was.rows && row.refreshedAt > was.refreshedAt), 'old or new in full');
      }
    }

    const startedMs = performance.now();
    const next = openWindow();
    const { run, joined } = await next.source.startRun({ trigger: 'command' });
    nextRunsMs.push(performance.now() - startedMs);
    assert.equal(joined, false);
    assert.equal((await run.result).summary.succeeded, TABLES);
    const [last] = (await next.source.runs()).slice(-1);
    assert.equal(last?.summary.runId, run.runId);
    await next.dispose();
    await assert.rejects(access(`${database}.wal`));
    assert.equal((await readConsistentRows(database, '1.5.2')).size, TABLES);
  }

  /** Resolves when the window that is killed, or whose child is, is gone with all its children. */
  async function runAndDie(concurrency: number, environment: NodeJS.ProcessEnv): Promise<void> {
    const args = [database, path.join(folder, 'state'), standIn.url, String(concurrency)];
    const window = spawn(process.execPath, [WINDOW, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment, CRASH_MARKER: marker(), WATCH_SOCKET: watch.socketPath },
    });
    const ended = once(window, 'exit') as Promise<[code: number | null, signal: string | null]>;
    const [printed, [code, signal]] = await Promise.all([text(window.stdout), ended]);
    while (watch.unseen > 0) await (await watch.nextProcess()).gone;
    if (signal === 'SIGKILL') {
      assert.equal(environment['CRASH_VICTIM'], 'host');
      return;
    }
    // The window lived: its run took the lock again and is complete.
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(printed), { total: TABLES, succeeded: TABLES });
  }
});
