import assert from 'node:assert/strict';
import { NOTHING_CACHED } from '../../../src/core/cachedMetadata.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { countFreshness } from '../../../src/core/freshness.ts';
import { formatInstant } from '../../../src/core/humanize.ts';
import { FRESHNESS_LOOKS } from '../../../src/host/freshnessWords.ts';
import { nextRunText } from '../../../src/host/nextRun.ts';
import { summaryText } from '../../../src/host/runTexts.ts';
import { statusText } from '../../../src/host/statusText.ts';
import { viewMessage } from '../../../src/host/viewTexts.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { registration } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import type { FailureCause } from '../../../src/core/runSummary.ts';
import { JoinedRun } from '../../../src/engine/flight/joinedRun.ts';
import { announcement } from '../../fixtures/flightFakes.ts';
import { FakeSource } from '../../fixtures/fakeSource.ts';

const OFF = { kind: 'off' } as const;

describe('status item', () => {
  it('is hidden without a source', () => {
    assert.equal(statusText(new TableModel(new FakeClock()), 0n, OFF), undefined);
  });

  it('shows the worst state with its count, and all of them in the tooltip', async () => {
    const { model, clock } = await open(['fresh', 'stale', 'stale']);
    const status = statusText(model, clock.now(), { kind: 'at', at: clock.now() + 1n });
    assert.equal(status?.text, '$(history) Agnes: 2 stale');
    assert.ok(status.tooltip.includes('0 error, 2 stale, 0 never fetched, 1 fresh of 3 tables'));
    assert.ok(status.tooltip.some((line) => line.startsWith('Next run at ')));
    assert.ok(status.tooltip.includes('Last run: none known'));
  });

  it('counts the pinned tables alone where that is set, and says so', async () => {
    const { model, clock } = await open(['fresh', 'stale', 'stale']);
    const [first = assert.fail('no table')] = model.tables;
    const counted = { counts: countFreshness([first]), pinnedOnly: true };
    const status = statusText(model, clock.now(), OFF, counted);
    assert.equal(
      status?.text,
      `$(${FRESHNESS_LOOKS[first.freshness].icon}) Agnes: 1 ${first.freshness} pinned`,
    );
    assert.ok(status.tooltip.includes('The number is of the pinned tables alone'));
  });

  it('says that the database can’t be read, and as of when the numbers are', async () => {
    const { model, source, clock } = await open(['fresh']);
    source.failure = new AgnesFailure('fileBusy');
    await model.load();
    const status = statusText(model, clock.now(), { kind: 'waiting' });
    assert.equal(status?.text, '$(warning) Agnes: can’t read the database');
    assert.ok(status.tooltip.some((line) => line.startsWith('As of ')));
    assert.ok(status.tooltip.includes('Background refresh waits'));
    assert.match(viewMessage(model) ?? '', /^Another program is using the Agnes database\. Shown as of /);
  });

  it('says of what time it is what the server’s snapshot or an earlier reading has', async () => {
    const { model, source, clock } = await open(['fresh']);
    source.failure = new AgnesFailure('fileBusy', { holder: { pid: 4711, name: 'python3.12' } });
    const held = 'The Agnes database is held by PID 4711 (python3.12).';
    const learn = async (origin: 'kept' | 'serverSnapshot'): Promise<string> => {
      await clock.advance(2_000);
      source.earlier = { origin, readAt: clock.now(), rows: source.rows, refreshObstacle: undefined };
      await model.load();
      return formatInstant(clock.now());
    };
    assert.equal(viewMessage(model), undefined);
    const readAt = await learn('kept');
    assert.equal(viewMessage(model), `${held} Shown as of ${readAt}.`);
    const exportedAt = await learn('serverSnapshot');
    assert.equal(viewMessage(model), `${held} Shown from the server’s snapshot of ${exportedAt}.`);
    const tooltip = statusText(model, clock.now(), OFF)?.tooltip;
    assert.ok(tooltip?.includes(`From the server’s snapshot of ${exportedAt}`));
  });

  it('names the run of another window and when it began, and that of this window in the tooltip alone', async () => {
    const { model, source, clock } = await open(['fresh']);
    const run = new JoinedRun(
      announcement({ startedAt: clock.now(), done: 3, total: 14, window: 'sales](x)' }),
    );
    source.currentRun = run;
    const elsewhere = statusText(model, clock.now(), OFF);
    assert.match(elsewhere?.text ?? '', /^\$\(sync~spin\) Agnes: 3 of 14 \(run feedf00d, \d\d:\d\d\)$/);
    assert.ok(
      elsewhere?.tooltip.includes('Run feedf00d, started just now, in another window: sales](x)'),
      elsewhere?.tooltip.join('\n'),
    );
    const many = new JoinedRun(announcement({ startedAt: clock.now(), done: 1_200, total: 10_000 }));
    source.currentRun = many;
    assert.match(statusText(model, clock.now(), OFF)?.text ?? '', /Agnes: 1,200 of 10,000 /);
    const { runId, startedAt, trigger, coversAll, progress, onProgress, result } = run;
    const own = { runId, startedAt, trigger, coversAll, progress, onProgress, result };
    source.currentRun = { ...own, cancel: () => undefined, place: { kind: 'here' } };
    const here = statusText(model, clock.now(), OFF);
    assert.equal(here?.text, '$(sync~spin) Agnes: 3 of 14');
    assert.ok(here.tooltip.includes('Run feedf00d, started just now, in this window'));
  });

  it('says over the tree why nothing may be written', async () => {
    const { model, source } = await open(['fresh']);
    source.refreshObstacle = new AgnesFailure('stateInPostgres');
    await model.load();
    assert.match(viewMessage(model) ?? '', /Postgres/);
  });
});

describe('next run', () => {
  it('is told apart from a timer that is off, and from one that waits', () => {
    assert.equal(nextRunText(OFF, 0n), 'background refresh is off');
    assert.equal(nextRunText({ kind: 'never' }, 0n), 'not refreshed in the background');
    assert.equal(nextRunText({ kind: 'waiting' }, 0n), 'background refresh waits');
    assert.equal(nextRunText({ kind: 'at', at: 0n }, 0n), 'next run now');
    assert.match(nextRunText({ kind: 'at', at: 1n }, 0n), /^next run at /);
  });
});

describe('summary of a run', () => {
  const summary = {
    runId: '01234567',
    startedAt: 0n,
    durationMs: 1,
    trigger: 'command',
    window: 'w',
    coversAll: true,
    endedBy: null,
    total: 12,
    succeeded: 12,
    noData: 0,
    failed: 0,
    notAttempted: 0,
    cancelled: 0,
    notStored: 0,
    unanswered: 0,
  } as const;

  it('is one sentence with what did not work', () => {
    assert.equal(summaryText(summary), 'Refreshed 12 of 12 tables.');
    assert.equal(
      summaryText({ ...summary, succeeded: 8, noData: 1, failed: 2, notStored: 1, cancelled: 1 }),
      'Refreshed 8 of 12 tables, 2 failed (1 without data), 1 not saved, 1 cancelled.',
    );
  });

  it('counts the failed by cause, the three most frequent by name', () => {
    const causes: FailureCause[] = [
      { reason: 'accessDenied', tableIds: ['a', 'b', 'c'] },
      { reason: 'tableNotFound', tableIds: ['d', 'e'] },
      { reason: 'tableTimeout', tableIds: ['f'] },
      { reason: 'unexpected', tableIds: ['g'] },
    ];
    assert.equal(
      summaryText({ ...summary, succeeded: 5, noData: 2, failed: 5 }, causes),
      'Refreshed 5 of 12 tables, 7 failed (3 without access, 2 missing in BigQuery, 1 without an answer in time, 1 for other reasons).',
    );
  });

  it('says what ended the run', () => {
    assert.match(
      summaryText({ ...summary, succeeded: 1, notAttempted: 11, endedBy: 'networkDown' }),
      /^Refreshed 1 of 12 tables, 11 not attempted\. BigQuery could not be reached/,
    );
    assert.match(
      summaryText({ ...summary, total: 0, succeeded: 0, endedBy: 'fileMissing' }),
      /^The Agnes database/,
    );
  });
});

async function open(
  states: readonly ('fresh' | 'stale')[],
): Promise<{ readonly model: TableModel; readonly source: FakeSource; readonly clock: FakeClock }> {
  const clock = new FakeClock();
  const rows = states.map((state, i) => ({
    registration: registration(`t${i}`),
    cached: { ...NOTHING_CACHED, refreshedAt: state === 'fresh' ? clock.now() : 0n },
  }));
  const source = new FakeSource(clock, rows);
  const model = new TableModel(clock);
  model.setSource(source);
  await model.load();
  return { model, source, clock };
}
