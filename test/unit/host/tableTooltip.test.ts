import assert from 'node:assert/strict';
import type { CachedMetadata, TableDetails } from '../../../src/core/cachedMetadata.ts';
import { describeReason } from '../../../src/core/failureTexts.ts';
import type { TableChange } from '../../../src/core/tableChange.ts';
import type { TableRegistration } from '../../../src/core/tableRegistration.ts';
import { rowMark } from '../../../src/host/tree/rowMarks.ts';
import { datasetOf, tableDescription, tableLabel, tableSpoken } from '../../../src/host/tree/tableTexts.ts';
import {
  code,
  plainMarkdown,
  tableTooltip,
  type TooltipContext,
} from '../../../src/host/tree/tableTooltip.ts';
import type { TableView } from '../../../src/sources/tableView.ts';
import { registration } from '../../fixtures/engineFakes.ts';
import { CACHED, HOSTILE_NAMES, HOUR, tableView, VIEWED_AT } from '../../fixtures/tableViews.ts';

const NOW = VIEWED_AT;

const FULL: CachedMetadata = { ...CACHED, refreshedAt: NOW - 2n * HOUR };

const DETAILS: TableDetails = {
  knownColumns: ['id', 'day'],
  description: 'Orders',
  folder: null,
  grain: 'one order',
  gotchas: [
    { text: 'test orders are in it', isKey: false },
    { text: 'prices are net', isKey: true },
  ],
  thingsToKnow: null,
};

const CHANGE: TableChange = {
  columns: { added: ['new_column'], removed: [], addedCount: 1, removedCount: 0 },
  entityType: null,
  partitionBy: { before: 'day', after: 'month' },
  rows: { before: 1_000n, after: 3n },
};

const CONTEXT: TooltipContext = {
  now: NOW,
  thresholdSeconds: 28_800n,
  judgedByServer: false,
  addressKnown: true,
  nextRun: { kind: 'at', at: NOW + HOUR },
  asOf: undefined,
  details: DETAILS,
  detailsFailure: undefined,
  administrator: false,
};

describe('row of a table', () => {
  it('has the time of the last check, rows and bytes behind its name', () => {
    assert.equal(tableDescription(view(FULL), NOW), 'checked 2 h ago · 1.23M rows · 1.36 GiB');
    assert.equal(tableDescription(view(null), NOW), 'never fetched');
    assert.equal(tableSpoken(view(null), NOW), 't, never fetched');
  });

  it('has the second clock as a second fact, and says when that was seen before the last check', () => {
    const at = NOW - 72n * HOUR;
    const same = tableView('t', { lastModified: { at, observedAt: NOW - HOUR } });
    assert.equal(
      tableDescription(same, NOW),
      'checked 1 h ago · data changed 3 d ago · 1.23M rows · 1.36 GiB',
    );
    const older = tableView('t', { lastModified: { at, observedAt: NOW - HOUR - 1n } });
    assert.match(tableDescription(older, NOW), /^checked 1 h ago · data changed 3 d ago, seen 1 h ago · /);
  });

  it('says that the last attempt failed, also while fresh', () => {
    const failing = view({ ...FULL, errorAt: NOW - HOUR, errorMessage: 'accessDenied: no' });
    assert.match(tableDescription(failing, NOW), /^checked 2 h ago · last attempt failed · /);
    assert.match(tableSpoken(failing, NOW), /^t, fresh, checked 2 h ago, last attempt failed, /);
    const never = view({ ...FULL, refreshedAt: null, errorAt: NOW - HOUR });
    assert.match(tableSpoken(never, NOW), /^t, error, failed 1 h ago, /);
  });

  it('says every mark in words, what makes the numbers wrong first', () => {
    const marked = tableView('t', {
      repointed: true,
      dataAge: { verdict: 'warn', limitSeconds: 43_200n },
      change: { at: NOW, what: CHANGE },
      lastAttemptFailed: true,
      freshness: 'stale',
    });
    const words =
      'points elsewhere now, checked 1 h ago, last attempt failed, data older than 12 h, rows dropped, 1.23M rows';
    assert.ok(tableSpoken(marked, NOW, true).startsWith(`t, stale, ${words}`));
    assert.ok(tableSpoken(marked, NOW, true).endsWith(', pinned'));
    const error = tableView('t', { dataAge: { verdict: 'error', limitSeconds: 86_400n } });
    assert.match(tableDescription(error, NOW), / · data too old: over 1 d · /);
    const pass = tableView('t', { dataAge: { verdict: 'pass', limitSeconds: 86_400n } });
    assert.equal(tableDescription(pass, NOW), tableDescription(tableView('t'), NOW));
  });

  it('has one mark at its end, the gravest, that says what it is', () => {
    const all = {
      repointed: true,
      lastAttemptFailed: true,
      dataAge: { verdict: 'error', limitSeconds: 86_400n },
      change: { at: NOW, what: CHANGE },
    } as const;
    const marks: (readonly [Parameters<typeof tableView>[1], string | undefined, string?])[] = [
      [all, '≠', 'points elsewhere now'],
      [{ ...all, repointed: false }, '!', 'last attempt failed'],
      [{ dataAge: all.dataAge, change: all.change }, 'D!', 'data too old: over 1 d'],
      [{ dataAge: { verdict: 'warn', limitSeconds: 3_600n } }, 'D', 'data older than 1 h'],
      [{ change: all.change }, 'Δ', 'rows dropped'],
      [{}, undefined],
      // Its state says so already.
      [{ lastAttemptFailed: true, freshness: 'error' }, undefined],
    ];
    for (const [more, badge, words] of marks) {
      const mark = rowMark(tableView('t', more));
      assert.deepEqual([mark?.badge, mark?.words], [badge, words]);
    }
  });

  it('shows a malformed name safely, and finds a dataset for every row', () => {
    const odd = view(null, { name: 'a\u202E\u0000b', bucket: null });
    assert.equal(tableLabel(odd), 'a b');
    assert.equal(tableLabel(view(null, { name: '\u200B', id: '\u0007' })), '(no name)');
    assert.equal(datasetOf(odd.registration), '(no dataset)');
    assert.equal(datasetOf(registration('x', { bucket: 'A label', bqFqn: 'proj-one.real.t' })), 'real');
  });
});

describe('tooltip of a table', () => {
  it('says why the row has its colour: checked when, threshold, next run', () => {
    const text = tableTooltip(view(FULL), CONTEXT);
    assert.match(text, /^\*\*fresh\*\* — checked 2 h ago \(.+\); turns stale after 8 h, at .+; next run at /);
    const stale = tableTooltip(view({ ...FULL, refreshedAt: NOW - 9n * HOUR }), {
      ...CONTEXT,
      nextRun: { kind: 'off' },
    });
    assert.match(stale, /^\*\*stale\*\* — .*; stale after 8 h; background refresh is off/);
  });

  it('has every cached field', () => {
    const text = tableTooltip(view(FULL), CONTEXT);
    for (const part of [
      '1,234,567',
      '1.36 GiB (1,459,617,792 B)',
      '`BASE TABLE`',
      '`day`',
      '`country`',
      '`id`, `day`',
      '`Orders`',
    ]) {
      assert.ok(text.includes(part), part);
    }
  });

  it('tells the last failure and that the numbers are the last good ones', () => {
    const text = tableTooltip(
      view({ ...FULL, errorAt: NOW - HOUR, errorMessage: 'said by another program' }),
      CONTEXT,
    );
    assert.match(
      text,
      /\*\*Last attempt failed\*\* 1 h ago\. `said by another program` The numbers are the last good ones\./,
    );
  });

  it('says why the last attempt failed and what to do, where that was seen', () => {
    const failing = tableView('t', {
      cached: { errorAt: NOW, errorMessage: 'raw words' },
      lastErrorReason: 'networkDown',
    });
    const text = tableTooltip(failing, CONTEXT);
    const { message } = describeReason('networkDown');
    assert.ok(
      text.includes(`**Last attempt failed** just now. ${plainMarkdown(message)} \`raw words\` `),
      text,
    );
  });

  it('has both clocks, each with its time', () => {
    const lastModified = { at: NOW - 72n * HOUR, observedAt: NOW - 5n * HOUR };
    assert.match(
      tableTooltip(tableView('t', { lastModified }), CONTEXT),
      /Data changed: 3 d ago \(.+\), seen 5 h ago/,
    );
    assert.doesNotMatch(tableTooltip(tableView('t'), CONTEXT), /Data changed/);
  });

  it('warns of what makes the numbers wrong or old', () => {
    const text = tableTooltip(
      tableView('t', { repointed: true, dataAge: { verdict: 'error', limitSeconds: 86_400n } }),
      CONTEXT,
    );
    assert.match(text, /\*\*Points elsewhere now\*\*: the registration was changed since the last refresh/);
    assert.match(text, /\*\*Data too old\*\*: it should not be older than 1 d\./);
    const warned = tableView('t', { dataAge: { verdict: 'warn', limitSeconds: 3_600n } });
    assert.match(tableTooltip(warned, CONTEXT), /\*\*Data getting old\*\*: it is older than 1 h\./);
  });

  it('tells what a refresh found to be different, without columns that are not for this user', () => {
    const change = { at: NOW - HOUR, what: CHANGE };
    const text = tableTooltip(tableView('t', { change }), CONTEXT);
    assert.match(text, /\*\*Changed\*\* at the refresh 1 h ago: Rows dropped from 1\\,000 to 3\\\. /);
    assert.ok(text.includes('new\\_column'));
    const policied = tableView('t', { change, of: { hasAccessPolicy: true } });
    const hidden = tableTooltip(policied, CONTEXT);
    for (const part of ['new', 'month']) assert.ok(!hidden.includes(part), part);
  });

  it('has what somebody wrote about the table: what one row is, and the most important gotcha', () => {
    const text = tableTooltip(view(FULL), CONTEXT);
    assert.match(text, /One row is: `one order`/);
    assert.match(text, /Beware: `prices are net`/);
    assert.ok(!text.includes('test orders'));
    assert.doesNotMatch(tableTooltip(view(FULL), { ...CONTEXT, details: undefined }), /One row is|Beware/);
  });

  it('marks numbers that can’t be read anew with their time', () => {
    assert.match(tableTooltip(view(FULL), { ...CONTEXT, asOf: NOW }), /; as of /);
  });

  it('hides column-level facts of a table with an access policy from who does not administer Agnes', () => {
    const policied = view(FULL, { hasAccessPolicy: true });
    const hidden = tableTooltip(policied, CONTEXT);
    for (const part of ['`day`', '`country`', '`id`']) assert.ok(!hidden.includes(part), part);
    assert.match(hidden, /hidden, because the table has an access policy/);
    assert.ok(hidden.includes('1,234,567'));
    assert.ok(tableTooltip(policied, { ...CONTEXT, administrator: true }).includes('`country`'));
  });

  it('says whose rule it is, and what the Agnes server does not tell', () => {
    const details = { ...DETAILS, knownColumns: null, description: null, folder: null };
    const onServer = { ...CONTEXT, judgedByServer: true, addressKnown: false, details };
    const text = tableTooltip(view(FULL), onServer);
    assert.match(text, /turns stale after 8 h by the rule of the Agnes server/);
    assert.match(text, /BigQuery: the Agnes server tells dataset and address to its administrators alone/);
    assert.match(text, /Columns: the Agnes server does not say whether you may see them/);
    assert.ok(!text.includes('sales.t'));
    assert.doesNotMatch(tableTooltip(view(FULL), { ...CONTEXT, details }), /Columns:/);
  });

  it('lists a bounded number of columns', () => {
    const knownColumns = Array.from({ length: 10_000 }, (_, i) => `column_${i}`);
    const text = tableTooltip(view(FULL), {
      ...CONTEXT,
      details: { ...DETAILS, knownColumns },
    });
    assert.match(text, /and 9,960 more/);
    assert.ok(text.length < 4_000);
  });

  it('escapes whatever could be markup outside of them', () => {
    const escaped = plainMarkdown('[x](command:y) <b> `a` *b* $(trash) & é');
    assert.equal(escaped.replaceAll(/\\[!-/:-@[-`{-~]/g, '').replaceAll(/[\w é]/g, ''), '');
    assert.equal(escaped.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1'), '[x](command:y) <b> `a` *b* $(trash) & é');
  });

  it('shows a hostile name as it is, wherever it stands', () => {
    for (const name of HOSTILE_NAMES) {
      const hostile = tableView(name, {
        of: { name, bucket: name, folder: name },
        cached: {
          entityType: name,
          partitionBy: name,
          clusteredBy: [name],
          errorAt: NOW,
          errorMessage: name,
        },
        unstoredAttempt: { at: NOW, message: name },
        change: {
          at: NOW,
          what: {
            ...CHANGE,
            columns: { added: [name], removed: [name], addedCount: 1, removedCount: 1 },
            entityType: { before: name, after: 'VIEW' },
          },
        },
      });
      const details = { ...DETAILS, knownColumns: [name], description: name, grain: name, folder: name };
      const text = tableTooltip(hostile, {
        ...CONTEXT,
        details: { ...details, gotchas: [{ text: name, isKey: true }] },
      });
      // What is left without code spans and escaped marks is the extension's own.
      const own = text.replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '').replaceAll(/\\[!-/:-@[-`{-~]/g, '');
      for (const part of ['<', '](', '$(', '# heading', '`']) assert.ok(!own.includes(part), own);
      for (const spoken of [tableLabel(hostile), tableSpoken(hostile, NOW), tableDescription(hostile, NOW)]) {
        assert.doesNotMatch(spoken, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }
    }
  });

  it('keeps text from data inside code spans that it can’t end', () => {
    assert.equal(code('plain'), '`plain`');
    assert.equal(code('a`b'), '``a`b``');
    assert.equal(code('``'), '``` `` ```');
    assert.equal(code('[x](command:y)\n# h'), '`[x](command:y) # h`');
    assert.equal(code(''), '(empty)');
  });
});

function view(cached: CachedMetadata | null, of: Partial<TableRegistration> = {}): TableView {
  return tableView('t', { cached, of });
}
