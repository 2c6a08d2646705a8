import assert from 'node:assert/strict';
import type { CachedMetadata } from '../../../src/core/cachedMetadata.ts';
import type { TableRegistration } from '../../../src/core/tableRegistration.ts';
import { datasetOf, tableDescription, tableLabel, tableSpoken } from '../../../src/host/tree/tableTexts.ts';
import { code, tableTooltip, type TooltipContext } from '../../../src/host/tree/tableTooltip.ts';
import { viewTable, type TableView } from '../../../src/sources/tableView.ts';
import { registration } from '../../fixtures/engineFakes.ts';

const NOW = 1_780_000_000_000_000n;
const HOUR = 3_600_000_000n;

const FULL: CachedMetadata = {
  rows: 1_234_567n,
  sizeBytes: 1_459_617_792n,
  partitionBy: 'day',
  clusteredBy: ['country'],
  entityType: 'BASE TABLE',
  refreshedAt: NOW - 2n * HOUR,
  errorAt: null,
  errorMessage: null,
};

const CONTEXT: TooltipContext = {
  now: NOW,
  thresholdSeconds: 28_800n,
  judgedByServer: false,
  addressKnown: true,
  nextRun: { kind: 'at', at: NOW + HOUR },
  asOf: undefined,
  details: { knownColumns: ['id', 'day'], description: 'Orders', folder: null },
  detailsFailure: undefined,
  administrator: false,
};

describe('row of a table', () => {
  it('has age, rows and bytes behind its name', () => {
    assert.equal(tableDescription(view(FULL), NOW), '2 h ago · 1.23M rows · 1.36 GiB');
    assert.equal(tableDescription(view(null), NOW), 'never fetched');
  });

  it('says that the last attempt failed, also while fresh', () => {
    const failing = view({ ...FULL, errorAt: NOW - HOUR, errorMessage: 'accessDenied: no' });
    assert.match(tableDescription(failing, NOW), /^2 h ago · last attempt failed · /);
    assert.match(tableSpoken(failing, NOW), /^t, fresh, /);
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
    assert.match(
      text,
      /^\*\*fresh\*\* — refreshed 2 h ago \(.+\); turns stale after 8 h, at .+; next run at /,
    );
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
      view({ ...FULL, errorAt: NOW - HOUR, errorMessage: 'accessDenied: no' }),
      CONTEXT,
    );
    assert.match(
      text,
      /\*\*Last attempt failed\*\* 1 h ago: `accessDenied: no` The numbers are the last good ones\./,
    );
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
    const details = { knownColumns: null, description: null, folder: null };
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
      details: { knownColumns, description: null, folder: null },
    });
    assert.match(text, /and 9,960 more/);
    assert.ok(text.length < 4_000);
  });

  it('keeps text from data inside code spans that it can’t end', () => {
    assert.equal(code('plain'), '`plain`');
    assert.equal(code('a`b'), '``a`b``');
    assert.equal(code('``'), '``` `` ```');
    assert.equal(code('[x](command:y)\n# h'), '`[x](command:y) # h`');
    assert.equal(code(''), '(empty)');
  });
});

function view(cached: CachedMetadata | null, more: Partial<TableRegistration> = {}): TableView {
  return viewTable({ registration: registration('t', more), cached }, NOW, 28_800n, {
    refreshing: false,
    unstoredAttempt: undefined,
  });
}
