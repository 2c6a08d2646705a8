import assert from 'node:assert/strict';
import { filterItems, filterOf } from '../../../../src/host/commands/filterItems.ts';
import { goToItems } from '../../../../src/host/commands/goToItems.ts';
import { consoleUrl } from '../../../../src/host/consoleUrl.ts';
import { attentionBadge, countAttention, countedTables } from '../../../../src/host/attention.ts';
import {
  ANY_CAPABILITIES,
  DEFAULT_ARRANGEMENT,
  NO_FILTER,
  type TableFilter,
} from '../../../../src/host/tree/arrangement.ts';
import { arrangeTables, type ArrangedGroup } from '../../../../src/host/tree/arrangeTables.ts';
import { arrangementText } from '../../../../src/host/tree/arrangementTexts.ts';
import { groupTexts } from '../../../../src/host/tree/groupTexts.ts';
import { quotedNames, quotedTableName, quoteIdentifier } from '../../../../src/host/tree/quotedName.ts';
import { groupContext, tableContext } from '../../../../src/host/tree/rowContext.ts';
import { viewDescription } from '../../../../src/host/viewDescription.ts';
import { viewMessage } from '../../../../src/host/viewTexts.ts';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { TableModel } from '../../../../src/sources/tableModel.ts';
import type { TableView } from '../../../../src/sources/tableView.ts';
import { registration } from '../../../fixtures/engineFakes.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';
import { FakeSource } from '../../../fixtures/fakeSource.ts';
import { HOSTILE_NAMES, tableView, VIEWED_AT } from '../../../fixtures/tableViews.ts';

const FORGING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

describe('row of a group', () => {
  it('says how many of its tables need attention, and of how many', () => {
    const views = [
      tableView('a', { freshness: 'error' }),
      tableView('b', { freshness: 'stale' }),
      tableView('c'),
    ];
    assert.deepEqual(groupTexts(group(views)), {
      label: 'sales',
      description: '1 error, 1 stale of 3 tables',
      tooltip: 'sales: 1 error, 1 stale of 3 tables',
      spoken: 'Dataset sales, 1 error, 1 stale of 3 tables',
    });
    assert.equal(groupTexts(group([tableView('c')])).description, '1 table');
  });

  it('says of which kind it is', () => {
    const spoken = (kind: ArrangedGroup['kind'], name: string): string =>
      groupTexts({ ...group([tableView('a')]), kind, name }).spoken;
    assert.equal(spoken('pinned', ''), 'Pinned, 1 table');
    assert.equal(spoken('folder', ''), 'Folder (no folder), 1 table');
    assert.equal(spoken('dataset', ''), 'Dataset (no dataset), 1 table');
    assert.equal(spoken('part', 'a – c'), 'Tables a – c, 1 table');
    assert.equal(spoken('freshness', 'never_fetched'), 'Never fetched, 1 table');
  });

  it('says why it is a state where something else was chosen', () => {
    const text = groupTexts(group([tableView('a')], { dataset: false, folder: false }));
    assert.match(text.tooltip, /^Fresh: 1 table\nGrouped by freshness: the Agnes server tells datasets/);
  });

  it('shows hostile names as one line', () => {
    for (const bucket of HOSTILE_NAMES) {
      const texts = groupTexts(group([tableView('a', { of: { bucket } })]));
      assert.doesNotMatch(texts.label + texts.spoken, FORGING);
      assert.ok(texts.label.length <= 250);
    }
  });
});

describe('description of the view', () => {
  it('has what is not as usual: time, groups, order, filters, source', () => {
    const arrangement = {
      grouping: 'freshness',
      sort: 'size',
      filter: { text: 'x', states: ['stale'], entityTypes: ['VIEW'] },
    } as const;
    assert.equal(arrangementText(DEFAULT_ARRANGEMENT, ANY_CAPABILITIES), '');
    assert.equal(arrangementText({ ...DEFAULT_ARRANGEMENT, grouping: 'dataset' }, ANY_CAPABILITIES), '');
    assert.equal(
      arrangementText(arrangement, ANY_CAPABILITIES),
      'by freshness · largest first · “x” · stale · VIEW',
    );
    const filter = { ...NO_FILTER, text: 'x' };
    assert.equal(
      arrangementText({ grouping: 'flat', sort: 'age', filter }, ANY_CAPABILITIES),
      'no groups · oldest first · “x”',
    );
    const snapshot = { origin: 'kept', readAt: VIEWED_AT, rows: [], refreshObstacle: undefined } as const;
    const live = { failure: undefined, snapshot, source: undefined };
    assert.equal(viewDescription(live, DEFAULT_ARRANGEMENT, undefined), '');
    assert.equal(viewDescription(live, DEFAULT_ARRANGEMENT, '/a/b/system.duckdb'), 'system.duckdb');
    assert.match(
      viewDescription({ ...live, failure: new AgnesFailure('fileBusy') }, arrangement, 'agnes.example.com'),
      /^as of \d\d:\d\d · by freshness · largest first · “x” · stale · VIEW · agnes\.example\.com$/,
    );
  });

  it('has the groups that there are, where the source does not know the chosen ones', () => {
    const source = new FakeSource(new FakeClock());
    source.capabilities = { ...source.capabilities, dataset: false, folder: false };
    const model = { failure: undefined, snapshot: undefined, source };
    for (const grouping of [undefined, 'dataset', 'folder'] as const) {
      assert.equal(viewDescription(model, { ...DEFAULT_ARRANGEMENT, grouping }, undefined), 'by freshness');
    }
    assert.equal(
      viewDescription(model, { ...DEFAULT_ARRANGEMENT, grouping: 'flat' }, undefined),
      'no groups',
    );
  });

  it('names what is filtered by, up to two of a kind, in one short line', () => {
    const text = (filter: Partial<TableFilter>): string =>
      arrangementText({ ...DEFAULT_ARRANGEMENT, filter: { ...NO_FILTER, ...filter } }, ANY_CAPABILITIES);
    assert.equal(text({ states: ['fresh', 'error'] }), 'error, fresh');
    assert.equal(text({ states: ['fresh', 'error', 'never_fetched'] }), '3 states');
    assert.equal(text({ entityTypes: ['VIEW', ''] }), 'VIEW, type not known');
    assert.equal(text({ entityTypes: ['A', 'B', 'C'] }), '3 types');
    for (const name of HOSTILE_NAMES) {
      const both = text({ text: name, entityTypes: [name] });
      assert.doesNotMatch(both, FORGING);
      assert.ok(both.length <= 100, both);
    }
  });
});

describe('line over the tree', () => {
  it('gives way to what stands in place of the rows, where there are none', async () => {
    const clock = new FakeClock();
    const source = new FakeSource(clock, [{ registration: registration('a'), cached: null }]);
    const model = new TableModel(clock);
    model.setSource(source);
    source.refreshObstacle = new AgnesFailure('adminOnly');
    await model.load();
    assert.match(viewMessage(model, 1) ?? '', /^Only administrators/);
    assert.equal(viewMessage(model, 0), undefined);
    source.rows = [];
    await model.load();
    assert.equal(viewMessage(model), undefined);
    source.failure = new AgnesFailure('fileBusy');
    await model.load();
    assert.equal(viewMessage(model), undefined);
    model.dispose();
  });
});

describe('name of a table in a query', () => {
  it('is its place in BigQuery between backticks, or its name where that is not known', () => {
    const address = { project: 'my-project', dataset: 'sales', table: 'orders' };
    assert.equal(quotedTableName(registration('orders'), address), '`my-project.sales.orders`');
    assert.equal(quotedTableName(registration('id', { name: 'orders' }), undefined), '`orders`');
    assert.equal(quotedTableName(registration('id', { name: '' }), undefined), '`id`');
  });

  it('can’t be ended by what it holds, and stands on one line', () => {
    assert.equal(quoteIdentifier('a`b\\c'), '`a\\`b\\\\c`');
    for (const name of HOSTILE_NAMES) {
      const quoted = quoteIdentifier(name);
      assert.match(quoted, /^`(?:[^`\\]|\\[`\\])*`$/);
      assert.doesNotMatch(quoted, FORGING);
    }
    assert.equal(quoteIdentifier('x'.repeat(300)).length, 302);
  });

  it('stands among others with commas between', async () => {
    const model = await modelOf(registration('a'), registration('b', { bucket: null }));
    assert.equal(quotedNames(model, ['a', 'gone', 'b']), '`my-project.sales.a`, `b`');
    model.dispose();
  });

  it('is part of an address of the console that it can’t break', () => {
    const url = new URL(consoleUrl({ project: 'my-project', dataset: 'a&b', table: 'c=d' }));
    assert.equal(url.origin, 'https://console.cloud.google.com');
    assert.deepEqual(
      [...url.searchParams],
      [
        ['p', 'my-project'],
        ['d', 'a&b'],
        ['t', 'c=d'],
        ['page', 'table'],
      ],
    );
  });
});

describe('what menus know of a row', () => {
  it('is a list of keys and values', () => {
    const view = tableView('a', { freshness: 'stale', lastAttemptFailed: true });
    assert.equal(
      tableContext(view, { pinned: false, addressKnown: true }),
      'table;state=stale;pinned=no;address=yes;failed=yes',
    );
    assert.equal(groupContext(group([view])), 'group;kind=dataset');
  });
});

describe('entries of Go to Table', () => {
  it('have name, dataset, id where it is another, and the description where it is known', () => {
    const items = goToItems(
      [tableView('a'), tableView('b-id', { of: { name: 'b' } })],
      new Map([['b-id', 'All\norders']]),
    );
    assert.deepEqual(items, [
      { label: 'a', description: 'sales', icon: 'pass', tableId: 'a' },
      { label: 'b', description: 'sales · b-id', detail: 'All orders', icon: 'pass', tableId: 'b-id' },
    ]);
  });

  it('show hostile names as text without icons, on one line', () => {
    for (const name of HOSTILE_NAMES) {
      const [item] = goToItems([tableView('id', { of: { name, bucket: name } })], new Map([['id', name]]));
      for (const text of [item?.label, item?.description, item?.detail]) {
        assert.doesNotMatch(text ?? '', FORGING);
        assert.ok(!text?.includes('$('));
      }
    }
  });
});

describe('entries of Filter', () => {
  it('have every state, the types that there are, and what is on already', () => {
    const views = [tableView('a', { cached: { entityType: 'VIEW' } }), tableView('b', { cached: null })];
    const filter = { text: '', states: ['stale'], entityTypes: ['CLONE'] } as const;
    const { states, types } = filterItems(views, filter);
    assert.deepEqual(
      states.map(({ label, description, isOn }) => [label, description, isOn]),
      [
        ['error', '0', false],
        ['stale', '0', true],
        ['never fetched', '1', false],
        ['fresh', '1', false],
      ],
    );
    assert.deepEqual(
      types.map(({ label, description, isOn }) => [label, description, isOn]),
      [
        ['CLONE', '0', true],
        ['VIEW', '1', false],
        ['type not known', '1', false],
      ],
    );
    assert.deepEqual(
      filterOf(
        '',
        [...states, ...types].filter(({ isOn }) => isOn),
      ),
      filter,
    );
  });

  it('show hostile types as text', () => {
    for (const entityType of HOSTILE_NAMES) {
      const { types } = filterItems([tableView('a', { cached: { entityType } })], NO_FILTER);
      assert.ok(!types[0]?.label.includes('$('));
      assert.doesNotMatch(types[0]?.label ?? '', FORGING);
    }
  });
});

describe('tables that need attention', () => {
  const failedFresh = tableView('f', { lastAttemptFailed: true });
  const views = [
    tableView('a', { freshness: 'error', lastAttemptFailed: true }),
    tableView('b', { freshness: 'stale', lastAttemptFailed: true }),
    tableView('c', { freshness: 'stale' }),
    tableView('d', { cached: null, lastAttemptFailed: true }),
    tableView('e'),
    failedFresh,
  ];

  it('are those in error, stale, or fresh with a failed attempt, each counted once', () => {
    assert.deepEqual(attentionBadge(countAttention(views)), {
      value: 4,
      tooltip: '4 tables need attention: 1 error, 2 stale, 1 failed at the last attempt',
    });
    assert.deepEqual(attentionBadge(countAttention([failedFresh])), {
      value: 1,
      tooltip: '1 table needs attention: 1 failed at the last attempt',
    });
    assert.equal(attentionBadge(countAttention([tableView('e')])), undefined);
  });

  it('are counted among the pinned ones alone where that is set and some are pinned', async () => {
    const model = await modelOf(registration('a'), registration('b'));
    const counted = (pinned: string[], only: boolean): [number, boolean] => {
      const { counts, pinnedOnly } = countedTables(model, new Set(pinned), only);
      return [counts.total, pinnedOnly];
    };
    assert.deepEqual(counted(['a'], true), [1, true]);
    assert.deepEqual(counted(['a'], false), [2, false]);
    assert.deepEqual(counted([], true), [2, false]);
    assert.deepEqual(counted(['gone'], true), [2, false]);
    model.dispose();
  });
});

function group(views: readonly TableView[], capabilities = { dataset: true, folder: true }): ArrangedGroup {
  const { roots } = arrangeTables(views, {
    arrangement: DEFAULT_ARRANGEMENT,
    pinned: new Set(),
    capabilities,
  });
  const [first] = roots;
  return first === undefined || typeof first === 'string' ? assert.fail('no group') : first;
}

async function modelOf(...registrations: ReturnType<typeof registration>[]): Promise<TableModel> {
  const clock = new FakeClock();
  const model = new TableModel(clock);
  model.setSource(
    new FakeSource(
      clock,
      registrations.map((one) => ({ registration: one, cached: null })),
    ),
  );
  await model.load();
  return model;
}
