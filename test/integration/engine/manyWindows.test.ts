import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCompleted } from '../../../src/core/runSummary.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { eligibleRegistrations, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { holdElsewhere, readElsewhere, writeElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { LocalWindow, type LocalWindowOptions } from './localWindow.ts';

const RUNNING_WINDOW = fileURLToPath(new URL('runningWindow.ts', import.meta.url));
const TABLES = 12;
const NEVER = new AbortController().signal;

describe('several windows on one shared file', () => {
  let folder: string;
  let database: string;
  let standIn: BigQueryStandIn;
  const opened: LocalWindow[] = [];

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-windows-')));
    database = path.join(folder, 'system.duckdb');
    standIn = await BigQueryStandIn.start({
      tables: () => ({ resource: { type: 'TABLE', numRows: '42', numBytes: '1024' } }),
    });
    await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(TABLES) });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((window) => window.dispose()));
    await standIn.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function openWindow(more: Partial<LocalWindowOptions> = {}): LocalWindow {
    const window = new LocalWindow({
      database,
      endpoint: standIn.url,
      stateFolder: path.join(folder, 'state'),
      ...more,
    });
    opened.push(window);
    return window;
  }

  /** A window in a process of its own that begins a run at once; resolves when its first requests are held. */
  async function runElsewhere(): Promise<{
    readonly other: ChildProcess;
    readonly exited: Promise<unknown>;
  }> {
    standIn.hold();
    const args = [database, path.join(folder, 'state'), standIn.url];
    const other = spawn(process.execPath, [RUNNING_WINDOW, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(other, 'exit');
    await standIn.until(({ received }) => received === TABLES);
    return { other, exited };
  }

  it('the second one joins: no request, the same run, its tables spin, the same summary, the new rows', async () => {
    const { exited } = await runElsewhere();
    const window = openWindow();
    const model = new TableModel(createSystemClock());
    model.setSource(window.source);
    await model.load();
    // By itself, before anybody asks for anything.
    await changed(model, () => [...model.tables].filter(({ refreshing }) => refreshing).length === TABLES);
    assert.deepEqual(model.currentRun?.place, { kind: 'otherWindow', name: 'the running window' });

    const { run, joined } = await window.source.startRun({ trigger: 'command' });
    assert.equal(joined, true);
    assert.equal(run, model.currentRun);
    standIn.release();
    const { summary } = await run.result;
    assert.deepEqual([summary.total, summary.succeeded], [TABLES, TABLES]);
    assert.deepEqual((await window.source.runs()).at(-1)?.summary, summary);
    assert.equal(standIn.counts.received, TABLES);
    await changed(model, () => model.counts.fresh === TABLES);
    assert.equal(model.isRefreshing, false);
    await exited;
  });

  it('when the first one is killed, the one that joined is told at once and can go on', async () => {
    const { other } = await runElsewhere();
    const window = openWindow();
    const { run, joined } = await window.source.startRun({ trigger: 'command' });
    assert.equal(joined, true);
    other.kill('SIGKILL');
    const { failure } = await run.result;
    assert.equal(failure?.reason, 'flightVanished');
    standIn.release();
    const next = await window.source.startRun({ trigger: 'command' });
    assert.equal(next.joined, false);
    assert.equal((await next.run.result).summary.succeeded, TABLES);
  });

  for (const [what, processesOf] of [
    ['its window', (pids) => [pids.host]],
    ['its child', (pids) => [pids.child]],
    ['both', (pids) => [pids.host, pids.child]],
  ] as readonly (readonly [string, (pids: { host: number; child: number }) => readonly number[]])[]) {
    it(`a holder that stands still (SIGSTOP of ${what}) keeps its lock, and goes on`, async () => {
      const { other, exited } = await runElsewhere();
      const host = other.pid ?? 0;
      const child = Number(await firstLine(other));
      const stopped = processesOf({ host, child });
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      const window = openWindow();
      // Each of these takes a try at the lock, or waits for the announcement.
      const { run, joined } = await window.source.startRun({ trigger: 'command' });
      assert.equal(joined, true);
      assert.equal(await window.source.startDueRun(() => Promise.resolve(true)), undefined);
      assert.equal(standIn.counts.received, TABLES);
      for (const pid of stopped) process.kill(pid, 'SIGCONT');
      standIn.release();
      const { summary, failure } = await run.result;
      assert.equal(failure, undefined);
      assert.equal(summary.succeeded, TABLES);
      assert.equal(standIn.counts.received, TABLES);
      assert.deepEqual(await exited, [0, null]);
    });
  }

  it('a single table waits for the other window’s run, and is done by it', async () => {
    await runElsewhere();
    const window = openWindow();
    const waits: string[] = [];
    const waiting = Promise.withResolvers<undefined>();
    const single = window.source.refreshTable('table_0003', NEVER, (what) => {
      waits.push(what);
      waiting.resolve(undefined);
    });
    await waiting.promise;
    standIn.release();
    const outcome = await single;
    assert.ok(outcome.status === 'ok' && outcome.stored === 'stored' && outcome.metadata.rows === 42n);
    assert.equal(waits[0], 'run');
    assert.equal(standIn.counts.received, TABLES);
  });

  it('a run of the timer is not repeated by a window that opens later', async () => {
    const window = openWindow();
    const { run } = await window.source.startRun({ trigger: 'timer' });
    await run.result;
    const later = openWindow();
    const [record] = await later.source.runs();
    assert.ok(record !== undefined && isCompleted(record.summary));
    assert.equal(record.summary.window, `window of ${process.pid}`);
    assert.deepEqual(record.summary, (await run.result).summary);
  });

  it('what met a held file is stored by itself when the file is free, and never over a later row', async () => {
    const window = openWindow({ waits: { readMs: 0, writeMs: 0 } });
    standIn.hold();
    const { run } = await window.source.startRun({ trigger: 'command' });
    await standIn.until(({ received }) => received === TABLES);
    const holder = await holdElsewhere(database);
    standIn.release();
    const { summary, failure } = await run.result;
    assert.deepEqual([summary.notStored, failure?.reason], [TABLES, 'fileBusy']);
    await holder.release();
    // Somebody refreshes one of them before this window comes to it, which is told by the change of the file.
    await writeElsewhere(
      database,
      "INSERT INTO bq_metadata_cache (table_id, rows, refreshed_at) VALUES ('table_0001', 7, (now() AT TIME ZONE 'UTC') + INTERVAL 1 MINUTE)",
    );
    await recorded(window, ({ notStored }) => notStored === 0);
    const rows = await readElsewhere(
      database,
      'SELECT table_id, rows::INTEGER FROM bq_metadata_cache ORDER BY 1',
    );
    assert.equal(rows.length, TABLES);
    assert.deepEqual(
      rows.filter(([, count]) => count !== 42),
      [['table_0001', 7]],
    );
    const [record] = (await window.source.runs()).slice(-1);
    assert.deepEqual([record?.summary.endedBy, record?.summary.succeeded], [null, TABLES]);
    assert.equal(standIn.counts.received, TABLES);
  });
});

/** Resolves when the model is so. */
function changed(model: TableModel, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!condition()) return;
      subscription.dispose();
      resolve();
    };
    const subscription = model.onDidChange(check);
    check();
  });
}

/** Resolves when the last run in the history is so; looked at when the shared file has changed. */
async function recorded(
  { source }: LocalWindow,
  condition: (summary: { readonly notStored: number }) => boolean,
): Promise<void> {
  for (;;) {
    const change = Promise.withResolvers<undefined>();
    const subscription = source.onChangedByOthers(() => change.resolve(undefined));
    const last = (await source.runs()).at(-1);
    if (last !== undefined && condition(last.summary)) {
      subscription.dispose();
      return;
    }
    await change.promise;
    subscription.dispose();
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) return assert.fail('no output');
  const [line] = (await once(stdout, 'data')) as [Buffer];
  return String(line);
}
