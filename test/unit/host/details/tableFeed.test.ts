import assert from 'node:assert/strict';
import type { TableDetails, TableInspection } from '../../../../src/core/cachedMetadata.ts';
import { NOTHING_CACHED, type CachedMetadata } from '../../../../src/core/cachedMetadata.ts';
import { singleLine } from '../../../../src/core/displayText.ts';
import { Emitter } from '../../../../src/core/emitter.ts';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { describeReason } from '../../../../src/core/failureTexts.ts';
import type { TableRegistration } from '../../../../src/core/tableRegistration.ts';
import type { RunProgress, WatchedRun } from '../../../../src/engine/watchedRun.ts';
import { TableFeed, type FeedUpdate } from '../../../../src/host/details/tableFeed.ts';
import { TableModel } from '../../../../src/sources/tableModel.ts';
import type { TableContent } from '../../../../src/webview/details/detailsMessages.ts';
import { INSPECTION, registration } from '../../../fixtures/engineFakes.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';
import { FakeSource } from '../../../fixtures/fakeSource.ts';
import { HOSTILE_NAMES } from '../../../fixtures/tableViews.ts';

const DETAILS: TableDetails = {
  knownColumns: ['id'],
  description: 'Orders.',
  ...{ folder: null, grain: null, gotchas: [], thingsToKnow: null },
};

const TIMING = { fetchMs: 1, totalMs: 1 };

/** A source that counts what it is asked, and answers an inspection when the test says so. */
class AskedSource extends FakeSource {
  readonly asked: {
    readonly registration: TableRegistration;
    readonly signal: AbortSignal;
    readonly answer: (answer: TableInspection) => void;
  }[] = [];
  detailsReads = 0;

  override details(tableId: string): Promise<TableDetails | null> {
    this.detailsReads += 1;
    return super.details(tableId);
  }

  override inspect(registration: TableRegistration, signal?: AbortSignal): Promise<TableInspection> {
    assert.ok(signal);
    return new Promise((answer) => this.asked.push({ registration, signal, answer }));
  }
}

describe('feed of a details panel', () => {
  let clock: FakeClock;
  let source: AskedSource;
  let model: TableModel;
  let feed: TableFeed;
  let told: FeedUpdate[];
  let isAdministrator: boolean;

  beforeEach(async () => {
    clock = new FakeClock();
    source = new AskedSource(clock, [
      { registration: registration('orders'), cached: cachedAt(clock.now() - 3_600_000_000n, 1_000n) },
      { registration: registration('other'), cached: null },
    ]);
    source.detailsById.set('orders', DETAILS);
    model = new TableModel(clock);
    model.setSource(source);
    await model.load();
    isAdministrator = false;
    feed = new TableFeed({ model, clock, isAdministrator: () => isAdministrator, language: 'en' }, 'orders');
    told = [];
    feed.onDidChange((update) => told.push(update));
  });
  afterEach(() => {
    feed.dispose();
    model.dispose();
  });

  it('has the names of columns before BigQuery has answered, and the types afterwards', async () => {
    await clock.advance(50);
    const before = last().columns;
    assert.deepEqual([before.table?.hasTypes, before.table?.rows.length], [false, 1]);
    source.asked[0]?.answer(INSPECTION);
    await clock.advance(50);
    assert.equal(last().columns.table?.hasTypes, true);
    assert.equal(source.asked.length, 1);
    assert.equal(source.asked[0]?.registration, model.table('orders')?.registration);
  });

  it('lets the tree know when the data last changed, as BigQuery said it here', async () => {
    const lastModified = clock.now() - 60_000_000n;
    source.asked[0]?.answer({ ...INSPECTION, observedAt: clock.now(), lastModified });
    await clock.advance(50);
    assert.deepEqual(model.table('orders')?.lastModified, {
      at: lastModified,
      observedAt: clock.now() - 50_000n,
    });
    source.asked.length = 0;
    feed.inspectAgain();
    source.asked[0]?.answer({ ...INSPECTION, observedAt: clock.now() });
    await clock.advance(50);
    assert.equal(model.table('orders')?.lastModified?.at, lastModified, 'it said nothing of it');
  });

  it('does not take what BigQuery says of another table for the time of the numbers', async () => {
    const { cached } = model.table('orders') ?? assert.fail();
    source.rows = [{ registration: registration('orders', { bucket: 'other' }), cached }];
    await model.load();
    assert.equal(model.table('orders')?.repointed, true);
    feed.inspectAgain();
    source.asked.at(-1)?.answer({ ...INSPECTION, observedAt: clock.now(), lastModified: clock.now() });
    await clock.advance(50);
    assert.equal(source.memory.facts('orders')?.lastModified, null);
  });

  it('ends its question to BigQuery when the panel closes', () => {
    assert.equal(source.asked[0]?.signal.aborted, false);
    feed.dispose();
    assert.equal(source.asked[0].signal.aborted, true);
  });

  it('says what each refresh brought, and keeps the types with the time when they were asked', async () => {
    source.asked[0]?.answer({ ...INSPECTION, observedAt: clock.now() });
    await clock.advance(50);
    store(2_000n);
    await clock.advance(50);
    assert.equal(last().facts.facts.find(({ label }) => label === 'Rows')?.value, '2,000');
    assert.equal(last().columns.table?.hasTypes, true);
    assert.equal(told.at(-1)?.announcement, 'Refreshed: 2K rows, 10 B.');
    store(3_000n);
    await clock.advance(50);
    assert.deepEqual(
      told.flatMap(({ announcement }) => announcement ?? []),
      ['Refreshed: 2K rows, 10 B.', 'Refreshed: 3K rows, 10 B.'],
    );
    clock.jump(7_200_000);
    await clock.advance(30_000);
    assert.match(last().inspection.sentences[0] ?? '', /^Asked 2 h ago/);
    assert.equal(source.asked.length, 1, 'a refresh asks for no types');
  });

  it('asks anew where the person wants all of it anew: a later question ends the one before', async () => {
    feed.inspectAgain();
    assert.deepEqual([source.asked[0]?.signal.aborted, source.asked.length], [true, 2]);
    source.asked[1]?.answer(INSPECTION);
    await clock.advance(50);
    assert.equal(last().columns.table?.hasTypes, true);
  });

  it('asks anew where the registration points to another table', async () => {
    const { cached } = model.table('orders') ?? assert.fail();
    source.rows = [{ registration: registration('orders', { bucket: 'other' }), cached }];
    await model.load();
    assert.deepEqual([source.asked.length, source.asked[1]?.registration.bucket], [2, 'other']);
    await model.load();
    assert.equal(source.asked.length, 2);
  });

  it('does nothing while nobody sees it', async () => {
    await clock.advance(50);
    const timers = clock.pending;
    source.tableEvents.fire({ kind: 'tableStarted', tableId: 'orders' });
    feed.setShown(false);
    const [before, reads] = [told.length, source.detailsReads];
    source.asked[0]?.answer(INSPECTION);
    store(2_000n);
    source.rows = source.rows.slice(0, 1);
    await model.load();
    feed.update();
    assert.equal(clock.pending, timers, 'nothing is to come');
    await clock.advance(60_000);
    feed.inspectAgain();
    assert.deepEqual([told.length, source.detailsReads, source.asked.length], [before, reads, 1]);
  });

  it('catches up when it is seen again, without a word of what is over', async () => {
    source.asked[0]?.answer(INSPECTION);
    await clock.advance(50);
    feed.setShown(false);
    source.detailsById.set('orders', { ...DETAILS, description: 'All orders.' });
    store(2_000n);
    await clock.advance(50);
    told.length = 0;
    feed.setShown(true);
    await clock.advance(50);
    assert.equal(last().facts.facts.find(({ label }) => label === 'Rows')?.value, '2,000');
    assert.equal(last().documentation.paragraphs[0]?.text, 'All orders.');
    assert.equal(last().history.table?.rows[0]?.[1], '2,000');
    assert.equal(source.asked.length, 2, 'it was refreshed meanwhile');
    assert.deepEqual(
      told.flatMap(({ announcement }) => announcement ?? []),
      [],
    );
    feed.setShown(false);
    feed.setShown(true);
    assert.equal(source.asked.length, 2, 'it was not');
    feed.setShown(false);
    feed.inspectAgain();
    feed.setShown(true);
    assert.equal(source.asked.length, 3, 'it was to be asked');
  });

  it('reads again what is written of the table when the source was read while nobody saw it', async () => {
    await clock.advance(50);
    feed.setShown(false);
    source.detailsById.set('orders', { ...DETAILS, description: 'All orders.' });
    source.rows = source.rows.slice(0, 1);
    await model.load();
    feed.setShown(true);
    await clock.advance(50);
    assert.equal(last().documentation.paragraphs[0]?.text, 'All orders.');
    assert.equal(source.asked.length, 1);
  });

  it('ends its question when its source goes while nobody sees it', () => {
    feed.setShown(false);
    model.setSource(undefined);
    assert.equal(source.asked[0]?.signal.aborted, true);
  });

  it('looks at nothing while a run only moves on, and still lets the ages go on', async () => {
    source.asked[0]?.answer(INSPECTION);
    await clock.advance(50);
    const progress = new Emitter<RunProgress>();
    source.runEvents.fire(endlessRun(progress.event));
    await clock.advance(50);
    const timers = clock.pending;
    for (let step = 0; step < 20; step += 1) progress.fire({ done: step, total: 20 });
    assert.equal(clock.pending, timers, 'it waits for nothing');
    clock.jump(7_200_000);
    progress.fire({ done: 20, total: 20 });
    await clock.advance(50);
    assert.equal(last().facts.facts.find(({ label }) => label === 'Checked')?.value, '3 h ago');
  });

  it('sees by a change of the status what else is another: the limit, the address', async () => {
    source.asked[0]?.answer(INSPECTION);
    await clock.advance(50);
    source.thresholdSeconds = 36_000n;
    model.judgeNow();
    await clock.advance(50);
    assert.match(last().state.reason, /after 10 h/);
    source.project = 'other-project';
    model.judgeNow();
    await clock.advance(50);
    assert.match(JSON.stringify(last().facts), /other-project/);
  });

  it('shows a setting at once when it is told of it', async () => {
    source.rows = [
      { registration: registration('orders', { hasAccessPolicy: true }), cached: cachedAt(clock.now(), 1n) },
    ];
    await model.load();
    await clock.advance(50);
    assert.equal(last().columns.table, null);
    isAdministrator = true;
    feed.update();
    assert.equal(last().columns.table?.rows.length, 1);
  });

  it('says once that the table turned stale by itself, and that another limit made it fresh', async () => {
    await clock.advance(50);
    clock.jump(7 * 3_600_000);
    await clock.advance(60_000);
    await clock.advance(60_000);
    source.thresholdSeconds = 36_000n;
    model.judgeNow();
    await clock.advance(50);
    assert.deepEqual(
      told.flatMap(({ announcement }) => announcement ?? []),
      ['The table has turned stale.', 'The table is fresh again.'],
    );
  });

  it('has a title of one line that fits a tab, whatever the table is called', async () => {
    for (const name of HOSTILE_NAMES) {
      source.rows = [{ registration: registration('orders', { name }), cached: null }];
      await model.load();
      const { title } = feed;
      assert.equal(title, singleLine(name, 60));
      // eslint-disable-next-line no-control-regex -- that there is none is what is tested
      assert.doesNotMatch(title, /[\x00-\x1f\u202a-\u202e\u2066-\u2069]/);
      assert.ok(Array.from(title).length <= 60);
    }
  });

  it('says why a refresh failed, once', async () => {
    await clock.advance(50);
    source.tableEvents.fire({
      kind: 'tableSettled',
      outcome: {
        status: 'error',
        tableId: 'orders',
        reason: 'accessDenied',
        stored: 'stored',
        observedAt: clock.now(),
        message: 'no',
        storedMessage: 'accessDenied: no',
        ...TIMING,
      },
    });
    await clock.advance(50);
    await clock.advance(120_000);
    const texts = told.flatMap(({ announcement }) => announcement ?? []);
    assert.equal(texts.length, 1);
    assert.match(texts[0] ?? '', /^The refresh failed/);
    assert.notEqual(last().lastError, null);
  });

  it('lets the ages go on, and tells nothing while nothing reads differently', async () => {
    source.asked[0]?.answer(INSPECTION);
    await clock.advance(50);
    const before = told.length;
    await clock.advance(45_000);
    assert.equal(told.length, before);
    await clock.advance(3_600_000);
    assert.equal(last().facts.facts.find(({ label }) => label === 'Checked')?.value, '2 h ago');
  });

  it('does not look at what happens to other tables', async () => {
    await clock.advance(50);
    const before = told.length;
    source.tableEvents.fire({ kind: 'tableStarted', tableId: 'other' });
    await clock.advance(50);
    assert.equal(told.length, before);
    source.tableEvents.fire({ kind: 'tableStarted', tableId: 'orders' });
    await clock.advance(50);
    assert.equal(last().state.icon, 'refreshing');
  });

  it('shows the points of the history as they come', async () => {
    await clock.advance(50);
    assert.equal(last().history.charts.length, 0);
    store(2_000n);
    await clock.advance(50);
    assert.equal(last().history.table?.rows[0]?.[1], '2,000');
    // Remembered of another window's refresh, before the model has read it.
    source.memory.observeCatalog([
      { registration: registration('orders'), cached: cachedAt(clock.now() + 60_000_000n, 4_000n) },
    ]);
    await clock.advance(50);
    assert.equal(last().history.table?.rows[0]?.[1], '4,000');
  });

  it('says that the table is not registered any more', async () => {
    source.rows = source.rows.slice(1);
    await model.load();
    await clock.advance(50);
    assert.deepEqual(told.at(-1)?.content, {
      kind: 'absent',
      language: 'en',
      name: 'orders',
      sentence: describeReason('unknownTable').message,
    });
    assert.equal(feed.address()?.table, undefined);
  });

  it('says that its source is not open any more, ends its questions, and comes back with it', async () => {
    const other = new (class extends AskedSource {
      override readonly id = 'elsewhere' as 'fake';
    })(clock, source.rows);
    model.setSource(other);
    await model.load();
    await clock.advance(50);
    const { content } = told.at(-1) ?? assert.fail();
    assert.ok(content.kind === 'absent');
    assert.equal(content.sentence, 'This table is from fake source, which is not open any more.');
    assert.equal(source.asked[0]?.signal.aborted, true);
    assert.deepEqual([other.asked.length, other.detailsReads], [0, 0], 'it has another table of this id');
    assert.deepEqual([feed.address(), feed.isSourceOpen], [undefined, false]);
    const again = new AskedSource(clock, source.rows);
    again.detailsById.set('orders', DETAILS);
    model.setSource(again);
    await model.load();
    await clock.advance(50);
    assert.equal(last().name, 'orders');
    assert.deepEqual([again.detailsReads > 0, again.asked.length, feed.isSourceOpen], [true, 1, true]);
  });

  it('keeps what it shows when the source can’t be read, and says of when it is', async () => {
    source.failure = new AgnesFailure('fileBusy');
    await model.load();
    await clock.advance(50);
    assert.match(last().notices[0]?.text ?? '', /^Another program is using.* What is shown here is of .*\.$/);
  });

  it('asks BigQuery when a source can do so only after its first reading, and no other', async () => {
    feed.dispose();
    const server = new AskedSource(clock, source.rows);
    server.capabilities = { ...server.capabilities, columnTypes: false };
    model.setSource(server);
    feed = new TableFeed({ model, clock, isAdministrator: () => false, language: 'en' }, 'orders');
    await model.load();
    await clock.advance(50);
    assert.equal(server.asked.length, 0);
    server.capabilities = { ...server.capabilities, columnTypes: true };
    await model.load();
    assert.equal(server.asked.length, 1);
  });

  function last(): TableContent {
    const { content } = told.at(-1) ?? assert.fail('nothing was told');
    assert.ok(content.kind === 'table');
    return content;
  }

  /** A refresh of this window ends, a minute after what was before it. */
  function store(rows: bigint): void {
    clock.jump(60_000);
    source.tableEvents.fire({
      kind: 'tableSettled',
      outcome: {
        status: 'ok',
        tableId: 'orders',
        stored: 'stored',
        observedAt: clock.now(),
        metadata: { ...cachedAt(clock.now(), rows), lastModified: null },
        ...TIMING,
      },
    });
  }
});

function endlessRun(onProgress: WatchedRun['onProgress']): WatchedRun {
  return {
    ...{ runId: null, startedAt: 0n, trigger: 'command', coversAll: true },
    place: { kind: 'here' },
    progress: { done: 0, total: undefined },
    onProgress,
    result: new Promise(() => undefined),
    cancel: () => undefined,
  };
}

function cachedAt(refreshedAt: bigint, rows: bigint): CachedMetadata {
  return { ...NOTHING_CACHED, refreshedAt, rows, sizeBytes: 10n, entityType: 'BASE TABLE' };
}
