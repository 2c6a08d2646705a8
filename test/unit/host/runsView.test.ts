import assert from 'node:assert/strict';
import type { FailureReason } from '../../../src/core/failure.ts';
import { describeReason } from '../../../src/core/failureTexts.ts';
import type { RunRecord, RunSummary } from '../../../src/core/runSummary.ts';
import type { TableChange } from '../../../src/core/tableChange.ts';
import type { WatchedRun } from '../../../src/engine/watchedRun.ts';
import { DrawnTables } from '../../../src/host/runs/drawnTables.ts';
import {
  childRows,
  endedRunRows,
  isBounded,
  retriableTables,
  runsKey,
  type EndedRunRow,
  type RunsRow,
} from '../../../src/host/runs/runsRows.ts';
import {
  changedTableTexts,
  currentRunTexts,
  elapsedText,
  endedRunTexts,
  endReasonTexts,
  failedTableTexts,
  runLook,
  unrecordedTexts,
} from '../../../src/host/runs/runsTexts.ts';

const MINUTE = 60_000_000n;
const NOW = 1_700_000_000_000_000n;
const HERE = { now: NOW, window: 'here' };

const CHANGE: TableChange = {
  columns: { added: ['secret_column'], removed: [], addedCount: 1, removedCount: 0 },
  entityType: null,
  partitionBy: null,
  rows: null,
};

function summary(fields: Partial<RunSummary> = {}): RunSummary {
  return {
    ...{ runId: '0000abcd', startedAt: NOW - 13n * MINUTE, durationMs: 3_200, trigger: 'command' },
    ...{ window: 'here', coversAll: true, endedBy: null },
    ...{ total: 42, succeeded: 42, noData: 0, failed: 0, notAttempted: 0, cancelled: 0 },
    ...{ notStored: 0, unanswered: 0 },
    ...fields,
  };
}

function record(fields: Partial<RunSummary> = {}, more: Partial<RunRecord> = {}): RunRecord {
  return { summary: summary(fields), endedAt: NOW - 12n * MINUTE, failures: [], changes: [], ...more };
}

function failures(count: number, reason: FailureReason, from = 0): RunRecord['failures'] {
  return Array.from({ length: count }, (_, i) => ({ tableId: `t${from + i}`, reason }));
}

function rowOf(run: RunRecord): EndedRunRow {
  return endedRunRows([run])[0] ?? assert.fail('no row');
}

function kindsOf(rows: readonly RunsRow[]): readonly string[] {
  return rows.map(({ kind }) => kind);
}

describe('rows of the view "Runs"', () => {
  it('lists at most 100 ended runs, the newest first, each once', () => {
    const runs = Array.from({ length: 120 }, (_, i) => record({ runId: i.toString(16).padStart(8, '0') }));
    const rows = endedRunRows([...runs, ...runs.slice(-1)]);
    assert.equal(rows.length, 100);
    assert.equal(rows[0]?.record.summary.runId, runs.at(-1)?.summary.runId);
    assert.equal(rows.at(-1)?.record.summary.runId, runs[20]?.summary.runId);
    assert.equal(new Set(rows.map(({ id }) => id)).size, 100);
  });

  it('gives a run the same id in each reading', () => {
    assert.equal(rowOf(record()).id, rowOf(record({}, { endedAt: NOW })).id);
  });

  it('unfolds to why it ended, to what failed, to what is not recorded, and to what changed', () => {
    const run = record(
      { succeeded: 30, failed: 5, noData: 1, notAttempted: 6, endedBy: 'networkDown' },
      { failures: failures(4, 'accessDenied'), changes: [{ tableId: 'c', change: CHANGE }] },
    );
    const rows = childRows(rowOf(run));
    assert.deepEqual(kindsOf(rows), [
      'endReason',
      ...['failed', 'failed', 'failed', 'failed'],
      'unrecorded',
      'changed',
    ]);
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    assert.equal(rows.find((row) => row.kind === 'unrecorded')?.count, 2);
  });

  it('unfolds to nothing where all went well, and where somebody cancelled before anything failed', () => {
    assert.deepEqual(childRows(rowOf(record())), []);
    assert.deepEqual(childRows(rowOf(record({ succeeded: 2, cancelled: 40, endedBy: 'cancelled' }))), []);
  });

  it('puts many failed tables below their reasons, the most frequent first, and loses none', () => {
    const all = [...failures(3, 'notStored'), ...failures(30, 'accessDenied', 3)];
    const rows = childRows(rowOf(record({ succeeded: 9, failed: 33 }, { failures: all })));
    assert.deepEqual(
      rows.map((row) => (row.kind === 'cause' ? [row.reason, row.tables.length] : row.kind)),
      [
        ['accessDenied', 30],
        ['notStored', 3],
      ],
    );
    const tables = rows.flatMap((row) => childRows(row));
    assert.deepEqual(kindsOf(tables), Array<string>(33).fill('failed'));
    assert.deepEqual(new Set(tables.map(({ id }) => id)).size, 33);
  });

  it('has a row for each table even where a file names one twice: VS Code refuses two of one id', () => {
    const twice = [...failures(2, 'accessDenied'), ...failures(2, 'tableNotFound')];
    const changes = [CHANGE, CHANGE].map((change) => ({ tableId: 'c', change }));
    const rows = childRows(rowOf(record({ succeeded: 40, failed: 2 }, { failures: twice, changes })));
    assert.deepEqual(kindsOf(rows), ['failed', 'failed', 'changed']);
  });

  it('says how many changed tables are not named, and has no such row where all are', () => {
    const changes = [{ tableId: 'c', change: CHANGE }];
    const rows = childRows(rowOf(record({}, { changes, changedCount: 81 })));
    assert.deepEqual(kindsOf(rows), ['changed', 'unrecorded']);
    const more = rows.find((row) => row.kind === 'unrecorded') ?? assert.fail();
    assert.equal(unrecordedTexts(more).label, '80 more changed tables were not recorded.');
    assert.deepEqual(kindsOf(childRows(rowOf(record({}, { changes })))), ['changed']);
    const { spoken, tooltip } = endedRunTexts(record({}, { changes, changedCount: 81 }), HERE);
    assert.ok(spoken.includes('81 changed'));
    assert.ok(tooltip.includes('Found to be different: 81 tables'));
  });

  it('are other rows when more is stored late, though as many are named', () => {
    const changes = [{ tableId: 'c', change: CHANGE }];
    assert.notEqual(
      runsKey([record({}, { changes, changedCount: 80 })]),
      runsKey([record({}, { changes, changedCount: 81 })]),
    );
    assert.notEqual(runsKey([record({ notStored: 2 })]), runsKey([record({ notStored: 1 })]));
  });

  it('finds the drawn rows of a table below every run, and none of others', () => {
    const drawn = new DrawnTables();
    const runs = ['00000001', '00000002'].map((runId) =>
      rowOf(record({ runId, failed: 2 }, { failures: failures(2, 'accessDenied') })),
    );
    for (const row of runs.flatMap((run) => [run, ...childRows(run)])) drawn.add(row);
    assert.deepEqual(
      drawn.of(['t1', 'elsewhere']).map(({ id }) => id),
      ['run:00000001/failed:t1', 'run:00000002/failed:t1'],
    );
    drawn.clear();
    assert.deepEqual(drawn.of(['t1']), []);
  });

  it('retries what failed and is still registered', () => {
    const run = record({ failed: 3 }, { failures: failures(3, 'tableTimeout') });
    assert.deepEqual([...retriableTables(run, (id) => id !== 't1')], ['t0', 't2']);
  });

  it('knows when more tables failed than a record names', () => {
    assert.equal(isBounded(record({ failed: 350 }, { failures: failures(200, 'accessDenied') })), true);
    assert.equal(isBounded(record({ failed: 200 }, { failures: failures(200, 'accessDenied') })), false);
    // A server tells counts alone: that is no bound.
    assert.equal(isBounded(record({ failed: 350 })), false);
  });
});

describe('texts of the view "Runs"', () => {
  it('says what a run came to, what started it, how long it took and how long ago that is', () => {
    const { label, description, spoken } = endedRunTexts(record({ succeeded: 40, failed: 2 }), HERE);
    assert.equal(label, '40 of 42 refreshed');
    assert.equal(description, 'command · 3.2 s · 12 min ago');
    assert.equal(spoken, '40 of 42 refreshed, 2 failed, command, 3.2 s, 12 min ago');
  });

  it('names the window where it was another one', () => {
    const { description, tooltip } = endedRunTexts(record({ window: 'dbt\u202E (Code)' }), HERE);
    assert.match(description, /ago · dbt {1,2}\(Code\)$/);
    assert.ok(tooltip.some((line) => line.startsWith('Window: dbt')));
    assert.ok(tooltip.every((line) => !line.includes('\u202E')));
  });

  it('shows the result by shape and colour', () => {
    const looks = [
      summary(),
      summary({ succeeded: 40, failed: 2 }),
      summary({ succeeded: 0, failed: 42 }),
      summary({ succeeded: 0, total: 0, endedBy: 'credentialsMissing' }),
      summary({ succeeded: 12, cancelled: 30, endedBy: 'cancelled' }),
    ].map(runLook);
    assert.deepEqual(
      looks.map(({ icon }) => icon),
      ['pass', 'warning', 'error', 'error', 'circle-slash'],
    );
    // Shape and colour go together.
    assert.equal(new Set(looks.map(({ color }) => color)).size, 4);
  });

  it('tells in the tooltip the id, the times and why it ended', () => {
    const { tooltip } = endedRunTexts(
      record({ succeeded: 5, notAttempted: 37, endedBy: 'networkDown', coversAll: false }),
      HERE,
    );
    const text = tooltip.join('\n');
    assert.ok(text.includes('0000abcd'));
    assert.ok(text.includes('2023'), 'an absolute time');
    assert.ok(text.includes(describeReason('networkDown').message));
    assert.ok(text.includes('37 not attempted'));
    assert.ok(text.includes('selection'));
  });

  it('counts causes only where every failed table is recorded, and else says that some are not', () => {
    const lines = (failed: number): readonly string[] =>
      endedRunTexts(record({ succeeded: 0, failed }, { failures: failures(3, 'accessDenied') }), HERE)
        .tooltip;
    assert.equal(lines(3)[0], 'Refreshed 0 of 42 tables, 3 failed (3 without access).');
    assert.deepEqual(lines(9).slice(0, 2), [
      'Refreshed 0 of 42 tables, 9 failed.',
      '6 more failed tables were not recorded.',
    ]);
  });

  it('says what helps against what ended a run', () => {
    const { tooltip, spoken } = endReasonTexts('notConfigured');
    const advice = 'What helps: the setting agnesFreshness.bigquery.project.';
    assert.deepEqual(tooltip, [describeReason('notConfigured').message, advice]);
    assert.ok(spoken.endsWith(advice));
    const help = (reason: FailureReason): string | undefined => endReasonTexts(reason).tooltip[1];
    assert.equal(help('networkDown'), 'What helps: to try again.');
    assert.equal(help('googleSessionExpired'), 'What helps: the command “Sign In to Google”.');
  });

  it('says of a run without tables why there are none', () => {
    const label = (fields: Partial<RunSummary>): string => endedRunTexts(record(fields), HERE).label;
    assert.equal(label({ total: 0, succeeded: 0 }), 'No table to refresh');
    assert.equal(label({ total: 0, succeeded: 0, endedBy: 'notConfigured' }), 'Nothing refreshed');
    assert.equal(label({ succeeded: 12, endedBy: 'cancelled' }), '12 of 42 refreshed, cancelled');
  });

  it('writes durations in the unit that fits', () => {
    assert.deepEqual(
      [0, 840, 999.7, 3_249, 59_949, 59_950, 723_400].map((ms) => elapsedText(ms)),
      ['0 ms', '840 ms', '1,000 ms', '3.2 s', '59.9 s', '1 min', '12 min 3 s'],
    );
  });

  it('says how far the run that is on is, and where it is', () => {
    const run = (place: WatchedRun['place'], total: number | undefined): WatchedRun => ({
      ...{ runId: '0000abcd', startedAt: NOW, trigger: 'timer', coversAll: true, place },
      progress: { done: 12, total },
      onProgress: () => ({ dispose: () => undefined }),
      result: new Promise(() => undefined),
      cancel: () => undefined,
    });
    const here = currentRunTexts(run({ kind: 'here' }, 40), NOW);
    assert.deepEqual([here.label, here.description], ['12 of 40', 'timer · in this window']);
    const other = currentRunTexts(run({ kind: 'otherWindow', name: 'a\nb' }, undefined), NOW);
    assert.deepEqual([other.label, other.description], ['Refreshing', 'timer · in another window: a b']);
    assert.equal(
      currentRunTexts(run({ kind: 'server' }, 40), NOW).spoken,
      'Refreshing, 12 of 40, on the Agnes server',
    );
  });

  it('says of a failed table its reason, once, and whether it is gone', () => {
    const alone = failedTableTexts('orders\u0007', undefined, 'accessDenied', false);
    assert.equal(alone.label, 'orders');
    assert.equal(
      alone.description,
      'You have no access to this table in BigQuery. · not registered any more',
    );
    const grouped = failedTableTexts('orders', undefined, 'accessDenied', true);
    assert.equal(grouped.description, 'not registered any more');
    assert.ok(grouped.spoken.includes('You have no access'));
  });

  it('shows no column of a table with an access policy', () => {
    const open = changedTableTexts('t', undefined, CHANGE, false);
    const hidden = changedTableTexts('t', undefined, CHANGE, true);
    assert.ok(JSON.stringify(open).includes('secret_column'));
    assert.ok(!JSON.stringify(hidden).includes('secret_column'));
    assert.ok(hidden.description.includes('1 column added'));
  });
});
