import assert from 'node:assert/strict';
import type { TableDetails, TableInspection } from '../../../../src/core/cachedMetadata.ts';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { describeReason } from '../../../../src/core/failureTexts.ts';
import { resolveAddress } from '../../../../src/core/tableAddress.ts';
import { LongParts, tableContent } from '../../../../src/host/details/detailsContent.ts';
import { NOT_LOADED, type DetailsInput, type Loaded } from '../../../../src/host/details/detailsInput.ts';
import type { Fact, TableContent } from '../../../../src/webview/details/detailsMessages.ts';
import { readShowMessage } from '../../../../src/webview/details/readMessage.ts';
import type { TableView } from '../../../../src/sources/tableView.ts';
import { ALL_CAPABILITIES } from '../../../fixtures/fakeSource.ts';
import { INSPECTION } from '../../../fixtures/engineFakes.ts';
import { HOSTILE_NAMES, HOUR, tableView, VIEWED_AT } from '../../../fixtures/tableViews.ts';

const DETAILS: TableDetails = {
  knownColumns: ['id', 'day', 'country'],
  description: 'Orders.',
  folder: 'Sales',
  grain: 'One row per order.',
  gotchas: [
    { text: 'Before vouchers.', isKey: false },
    { text: 'Filter by status.', isKey: true },
  ],
  thingsToKnow: null,
};

const ASKED: TableInspection = {
  ...INSPECTION,
  observedAt: VIEWED_AT,
  columns: [
    { path: ['id'], type: 'INT64', mode: 'REQUIRED', description: 'The key.\nOf a shop.' },
    { path: ['day'], type: 'DATE', mode: 'NULLABLE', description: null },
    { path: ['country'], type: 'STRING', mode: 'NULLABLE', description: null },
    { path: ['items'], type: 'STRUCT', mode: 'REPEATED', description: null },
    { path: ['items', 'day'], type: 'STRING', mode: 'NULLABLE', description: null },
  ],
  streamingBuffer: { estimatedRows: 1_200n, estimatedBytes: 3_072n, oldestEntryAt: VIEWED_AT - HOUR },
  createdAt: VIEWED_AT - 48n * HOUR,
};

describe('details of a table', () => {
  it('have the mark of each state, with the reason for it', () => {
    const of = (more: Parameters<typeof tableView>[1]): TableContent['state'] =>
      content({ view: tableView('t', more) }).state;
    assert.match(of({}).reason, /^Turns stale after 8 h, at 2.* UTC\.$/);
    assert.deepEqual([of({}).icon, of({}).word], ['fresh', 'fresh']);
    assert.deepEqual(of({ cached: { refreshedAt: VIEWED_AT - 9n * HOUR } }), {
      icon: 'stale',
      word: 'stale',
      reason: 'Stale after 8 h.',
    });
    assert.deepEqual(of({ cached: null }), {
      icon: 'never_fetched',
      word: 'never fetched',
      reason: 'Nobody has asked BigQuery for it yet.',
    });
    assert.deepEqual(of({ cached: { refreshedAt: null, errorAt: VIEWED_AT } }), {
      icon: 'error',
      word: 'error',
      reason: 'No attempt has succeeded yet.',
    });
    assert.deepEqual(of({ refreshing: true }), {
      icon: 'refreshing',
      word: 'refreshing',
      reason: 'Until now: fresh.',
    });
  });

  it('name the server as the one whose rule it is', () => {
    const policy = {
      intervalSeconds: 60n,
      thresholdSeconds: 28_800n,
      clockOffset: 0n,
      decidedBy: 'server',
    } as const;
    assert.match(content({ policy }).state.reason, /, by the rule of the Agnes server\.$/);
  });

  it('have every field, with exact and short numbers, and the two clocks apart', () => {
    const lastModified = { at: VIEWED_AT - 72n * HOUR, observedAt: VIEWED_AT - HOUR };
    const { facts } = content({ view: tableView('orders', { lastModified }) }).facts;
    assert.deepEqual(
      facts.map(({ label, value }) => [label, value]),
      [
        ['Id', 'orders'],
        ['Full name', 'my-project.sales.orders'],
        ['Folder', 'Sales'],
        ['Type', 'BASE TABLE'],
        ['Rows', '1,234,567'],
        ['Size', '1.36 GiB'],
        ['Partitioned by', 'day'],
        ['Clustered by', 'country'],
        ['Checked', '1 h ago'],
        ['Data changed', '3 d ago'],
      ],
    );
    assert.equal(fact(facts, 'Size').note, '1,459,617,792 bytes');
    assert.match(fact(facts, 'Checked').note ?? '', /^\d+ \w+ 2026.* UTC\. Turns stale after 8 h, at /);
    assert.match(fact(facts, 'Data changed').note ?? '', /UTC, observed 1 h ago \(.* UTC\)$/);
  });

  it('tell when the data changed as the row does, whatever BigQuery was asked besides', () => {
    const lastModified = { at: VIEWED_AT - 72n * HOUR, observedAt: VIEWED_AT - HOUR };
    const inspection = loaded({ ...ASKED, lastModified: VIEWED_AT - 5n * HOUR });
    const changed = (view: TableView): string =>
      fact(content({ view, inspection }).facts.facts, 'Data changed').value;
    assert.equal(changed(tableView('t', { lastModified })), '3 d ago');
    assert.equal(changed(tableView('t')), 'not known');
  });

  it('say what is not known, and why', () => {
    const { facts } = content({ view: tableView('t', { cached: null }), address: undefined }).facts;
    assert.equal(fact(facts, 'Full name').value, describeReason('notConfigured').message);
    assert.equal(fact(facts, 'Rows').value, 'not known');
    assert.equal(fact(facts, 'Checked').value, 'never');
    assert.equal(fact(facts, 'Data changed').value, 'not known');
    const invalid = content({ view: tableView('t', { of: { bucket: 'no `dataset`' } }), address: undefined });
    assert.equal(fact(invalid.facts.facts, 'Full name').value, describeReason('invalidIdentifier').message);
  });

  it('mark the age of the data by its limit, apart from the state', () => {
    const age = (verdict: 'pass' | 'warn' | 'error'): Fact => {
      const view = tableView('t', { dataAge: { verdict, limitSeconds: 86_400n } });
      return fact(content({ view }).facts.facts, 'Data age');
    };
    assert.deepEqual([age('pass').value, age('pass').severity], ['within the limit of 1 d', null]);
    assert.deepEqual([age('warn').value, age('warn').severity], ['older than 1 d: warning', 'warning']);
    assert.deepEqual([age('error').value, age('error').severity], ['older than 1 d: error', 'error']);
  });

  it('warn of a registration that points elsewhere, and of a source that can’t be read', () => {
    const view = tableView('t', { repointed: true });
    const { notices } = content({ view, sourceNote: 'The file is busy.' });
    assert.equal(notices.length, 2);
    assert.equal(notices[0]?.text, 'The file is busy.');
    assert.match(notices[1]?.text ?? '', /points to another table/);
    assert.deepEqual(content({}).notices, []);
  });

  it('tell the last change as sentences', () => {
    const what = {
      columns: { added: ['x'], removed: [], addedCount: 1, removedCount: 0 },
      ...{ entityType: null, partitionBy: null, rows: null },
    };
    const view = tableView('t', { change: { at: VIEWED_AT - HOUR, what } });
    const [found, ...rest] = content({ view }).changes?.sentences ?? [];
    assert.match(found ?? '', /^Found by the refresh 1 h ago \(/);
    assert.deepEqual(rest, ['1 column added: x.']);
    assert.equal(content({}).changes, null);
  });

  it('have the gotchas with the key ones first, and the line breaks of what was written', () => {
    const details = { ...DETAILS, description: 'First.\r\nSecond.\u202E' };
    const { documentation } = content({ details: loaded(details) });
    assert.deepEqual(documentation.paragraphs, [
      { label: 'Description', text: 'First.\nSecond.' },
      { label: 'Grain', text: 'One row per order.' },
    ]);
    assert.deepEqual(documentation.gotchas?.items, [
      { text: 'Filter by status.', isKey: true },
      { text: 'Before vouchers.', isKey: false },
    ]);
    assert.deepEqual(documentation.sentences, []);
  });

  it('say in one sentence that nothing is documented', () => {
    const nothing = { ...DETAILS, description: null, grain: null, gotchas: [], thingsToKnow: ' ' };
    const { sentences, paragraphs, gotchas } = content({ details: loaded(nothing) }).documentation;
    assert.deepEqual(
      [sentences, paragraphs, gotchas],
      [['Nobody has documented this table in Agnes yet.'], [], null],
    );
  });

  it('have the names of columns at once, and their types when BigQuery has answered', () => {
    const before = content({ inspection: { ...NOT_LOADED, isLoading: true } }).columns;
    assert.deepEqual(before.sentences, ['BigQuery is being asked for the types.']);
    assert.equal(before.table?.hasTypes, false);
    assert.deepEqual(
      before.table.rows.map(({ name, marks }) => [name, ...marks]),
      [['id'], ['day', 'partition'], ['country', 'cluster']],
    );
    const after = content({ inspection: loaded(ASKED) }).columns;
    assert.deepEqual(after.sentences, []);
    assert.equal(after.table?.caption, '4 columns');
    assert.deepEqual(
      after.table.rows.map(({ name, parents, depth, type, mode, marks }) => [
        name,
        parents,
        depth,
        type,
        mode,
        ...marks,
      ]),
      [
        ['id', '', 0, 'INT64', 'REQUIRED'],
        ['day', '', 0, 'DATE', 'NULLABLE', 'partition'],
        ['country', '', 0, 'STRING', 'NULLABLE', 'cluster'],
        ['items', '', 0, 'STRUCT', 'REPEATED'],
        ['day', 'items', 1, 'STRING', 'NULLABLE'],
      ],
    );
    assert.equal(after.table.rows[0]?.description, 'The key.\nOf a shop.');
  });

  it('say of when the types are, where the numbers are later ones', () => {
    const inspection = loaded({ ...ASKED, observedAt: VIEWED_AT - 2n * HOUR });
    const { sentences, table } = content({ inspection }).columns;
    assert.match(
      sentences[0] ?? '',
      /^BigQuery was asked for the types 2 h ago \(.*\), before the last refresh\.$/,
    );
    assert.deepEqual([sentences.length, table?.hasTypes], [1, true]);
  });

  it('keep their long parts for as long as what they are made of is the same', () => {
    const parts = new LongParts();
    const input = {
      ...INPUT,
      inspection: loaded(ASKED),
      history: [{ at: VIEWED_AT, rows: 1n, sizeBytes: 1n }],
    };
    const first = tableContent(input, parts);
    const later = tableContent({ ...input, now: VIEWED_AT + HOUR }, parts);
    assert.equal(later.columns.table, first.columns.table);
    assert.equal(later.history, first.history);
    const others = [
      { inspection: loaded({ ...ASKED, columns: ASKED.columns.slice(1) }), history: input.history },
      { view: tableView('t', { cached: { partitionBy: 'id' } }), history: [] },
      { inspection: NOT_LOADED, history: undefined },
    ];
    for (const other of others) {
      tableContent(input, parts);
      const changed = tableContent({ ...input, ...other }, parts);
      assert.deepEqual(changed, tableContent({ ...input, ...other }), 'as without them');
      assert.notDeepEqual(changed.columns.table, first.columns.table);
    }
    const hidden = tableContent({ ...input, view: tableView('t', { of: { hasAccessPolicy: true } }) }, parts);
    assert.equal(hidden.columns.table, null);
  });

  it('have what BigQuery alone knows, or one sentence and one button on why not', () => {
    const { sentences, facts, button } = content({ inspection: loaded(ASKED) }).inspection;
    assert.match(sentences[0] ?? '', /^Asked just now \(/);
    assert.equal(fact(facts, 'Streaming buffer').value, 'about 1.2K rows, 3 KiB');
    assert.match(fact(facts, 'Streaming buffer').note ?? '', /^oldest entry 1 h ago \(/);
    assert.equal(fact(facts, 'Created').value, '2 d ago');
    assert.equal(fact(facts, 'Expires').value, 'never');
    assert.equal(fact(facts, 'Location').value, 'EU');
    assert.equal(button, null);
    const failed = content({ inspection: { ...NOT_LOADED, failure: new AgnesFailure('networkDown') } });
    assert.deepEqual(failed.inspection.sentences, [describeReason('networkDown').message]);
    assert.equal(failed.inspection.button?.label, 'Try Again');
    const later = content({ inspection: { ...loaded(ASKED), failure: new AgnesFailure('networkDown') } });
    assert.equal(later.inspection.sentences[0], describeReason('networkDown').message);
    assert.match(later.inspection.sentences[1] ?? '', /^Asked just now \(/);
    assert.deepEqual(failed.columns.sentences, ['Types are missing, because BigQuery did not tell them.']);
    assert.equal(failed.columns.table?.rows.length, 3);
  });

  it('show no column-level fact of a table with an access policy, but to administrators', () => {
    const what = {
      columns: { added: ['secret_column'], removed: [], addedCount: 1, removedCount: 0 },
      entityType: null,
      partitionBy: { before: null, after: 'secret_column' },
      rows: null,
    };
    const view = tableView('t', {
      of: { hasAccessPolicy: true },
      cached: { partitionBy: 'secret_column', clusteredBy: ['secret_column'] },
      change: { at: VIEWED_AT, what },
    });
    const input: Partial<DetailsInput> = {
      view,
      details: loaded({ ...DETAILS, knownColumns: ['secret_column'] }),
      inspection: loaded({
        ...ASKED,
        columns: [{ path: ['secret_column'], type: 'INT64', mode: 'NULLABLE', description: 'secret_column' }],
      }),
    };
    const hidden = content(input);
    assert.doesNotMatch(JSON.stringify(hidden), /secret_column/);
    assert.deepEqual(hidden.columns.sentences, [
      'Columns are hidden, because the table has an access policy.',
    ]);
    assert.equal(hidden.columns.table, null);
    assert.match(JSON.stringify(content({ ...input, showsPolicied: true }).columns), /secret_column/);
  });

  it('of a server say in one sentence each what it does not have', () => {
    const shown = content({
      isServer: true,
      address: undefined,
      capabilities: {
        ...INPUT.capabilities,
        dataset: false,
        folder: false,
        documentation: false,
        lastModified: false,
        columnTypes: false,
        refresh: false,
      },
      details: loaded({ ...DETAILS, knownColumns: null, folder: null, grain: null, gotchas: [] }),
    });
    const { facts } = shown.facts;
    assert.match(fact(facts, 'Full name').value, /to its administrators alone/);
    assert.equal(fact(facts, 'Data changed').value, 'not told by the Agnes server');
    assert.ok(!facts.some(({ label }) => label === 'Folder'));
    assert.deepEqual(shown.documentation.sentences, [
      'Grain, gotchas and things to know are not available from the Agnes server.',
    ]);
    assert.equal(shown.documentation.paragraphs.length, 1);
    assert.deepEqual(shown.columns.sentences, [
      'The Agnes server does not say whether you may see the columns.',
      'Column types are not available from the Agnes server.',
    ]);
    assert.deepEqual([shown.inspection.facts, shown.inspection.sentences.length], [[], 1]);
    assert.deepEqual(
      shown.buttons.map(({ action, obstacle }) => [action, obstacle]),
      [
        ['refresh', 'Only administrators of the Agnes server can refresh tables.'],
        ['openConsole', 'The full name of this table is not known.'],
        ['copyName', 'The full name of this table is not known.'],
      ],
    );
  });

  it('have the last error with its reason, its advice and one button', () => {
    const cached = { errorAt: VIEWED_AT - HOUR / 2n, errorMessage: 'said by another program' };
    const known = content({ view: tableView('t', { cached, lastErrorReason: 'networkDown' }) }).lastError;
    assert.equal(known?.sentences[0], describeReason('networkDown').message);
    assert.match(known.sentences[1] ?? '', /^The last attempt failed 30 min ago \(/);
    assert.equal(known.sentences[2], 'The numbers are the last good ones.');
    assert.deepEqual([known.words, known.button?.label], ['said by another program', 'Try Again']);
    const unknown = content({ view: tableView('t', { cached }) }).lastError;
    assert.match(unknown?.sentences[0] ?? '', /^The last attempt failed/);
    assert.deepEqual([unknown?.words, unknown?.button?.label], ['said by another program', 'Show Log']);
    assert.equal(content({}).lastError, null);
  });

  it('tell of an attempt of this window that was not stored', () => {
    const unstoredAttempt = { at: VIEWED_AT, message: 'The new numbers could not be saved.' };
    const view = tableView('t', { unstoredAttempt, lastAttemptFailed: true });
    const section = content({ view }).lastError;
    assert.match(section?.sentences[0] ?? '', /^The attempt of this window failed just now/);
    assert.equal(section?.words, 'The new numbers could not be saved.');
  });

  it('can’t be refreshed while they are, or while something is in the way', () => {
    const refresh = (more: Partial<DetailsInput>): TableContent['buttons'][number] | undefined =>
      content(more).buttons[0];
    assert.equal(refresh({})?.obstacle, null);
    const busy = refresh({ view: tableView('t', { refreshing: true }) });
    assert.deepEqual([busy?.label, busy?.obstacle], ['Refreshing…', 'The table is being refreshed.']);
    const obstacle = new AgnesFailure('fileReadOnly');
    assert.equal(refresh({ refreshObstacle: obstacle })?.obstacle, describeReason('fileReadOnly').message);
  });

  it('show hostile names as one line of text, in a message that the page takes', () => {
    for (const name of HOSTILE_NAMES) {
      const shown = content({
        view: tableView(name, {
          of: { name, bucket: name, folder: name },
          cached: {
            partitionBy: name,
            clusteredBy: [name],
            entityType: name,
            errorAt: VIEWED_AT,
            errorMessage: name,
          },
        }),
        address: undefined,
        details: loaded({
          ...DETAILS,
          knownColumns: [name],
          description: name,
          gotchas: [{ text: name, isKey: true }],
        }),
        inspection: loaded({
          ...ASKED,
          location: name,
          columns: [{ path: [name, name], type: name, mode: 'NULLABLE', description: name }],
        }),
      });
      // eslint-disable-next-line no-control-regex -- that there is none is what is tested
      assert.doesNotMatch(shown.name, /[\x00-\x1f\u202a-\u202e\u2066-\u2069]/);
      assert.doesNotMatch(JSON.stringify(shown), /[\u202a-\u202e\u2066-\u2069]|\\u0007|\\r/);
      const message = { kind: 'show', content: shown, announcement: null, focus: null };
      assert.deepEqual(readShowMessage(structuredClone(message)), message);
    }
  });

  it('survive times that have no date, and numbers beyond what a chart can hold', () => {
    const shown = content({
      view: tableView('t', { cached: { refreshedAt: 2n ** 62n, rows: 2n ** 63n - 1n, sizeBytes: 1n } }),
      history: [
        { at: -(2n ** 62n), rows: 0n, sizeBytes: null },
        { at: 2n ** 62n, rows: 2n ** 63n - 1n, sizeBytes: 1n },
      ],
    });
    assert.equal(fact(shown.facts.facts, 'Size').note, '1 byte');
    assert.equal(fact(shown.facts.facts, 'Rows').value, '9,223,372,036,854,775,807');
    assert.equal(shown.history.charts.length, 1);
  });
});

const INPUT: DetailsInput = {
  view: tableView('t'),
  now: VIEWED_AT,
  language: 'en',
  timeZone: 'UTC',
  policy: { intervalSeconds: 14_400n, thresholdSeconds: 28_800n, clockOffset: 0n, decidedBy: 'settings' },
  capabilities: ALL_CAPABILITIES,
  isServer: false,
  showsPolicied: false,
  address: undefined,
  sourceNote: undefined,
  refreshObstacle: undefined,
  details: loaded(DETAILS),
  inspection: NOT_LOADED,
  history: [],
};

/** The content of a table, as it is in a project unless a test says otherwise. */
function content(more: Partial<DetailsInput>): TableContent {
  const input = { ...INPUT, ...more };
  const resolution = resolveAddress(input.view.registration, 'my-project');
  const address = resolution.kind === 'address' ? resolution.address : undefined;
  return tableContent({ ...input, ...('address' in more ? {} : { address }) });
}

function loaded<T>(value: T): Loaded<T> {
  return { value, isLoading: false, failure: undefined };
}

function fact(facts: readonly Fact[], label: string): Fact {
  return facts.find((one) => one.label === label) ?? assert.fail(`there is no "${label}"`);
}
