import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FRESHNESS_STATES } from '../../../../src/core/freshness.ts';
import {
  countFilters,
  DEFAULT_ARRANGEMENT,
  effectiveGrouping,
  GROUPINGS,
  NO_FILTER,
  parseArrangement,
  SORT_KEYS,
  type Arrangement,
  type SortKey,
} from '../../../../src/host/tree/arrangement.ts';
import {
  arrangeTables,
  MAX_GROUP_SIZE,
  placeTest,
  type ArrangedChild,
  type ArrangedGroup,
  type ArrangeOptions,
} from '../../../../src/host/tree/arrangeTables.ts';
import { NameOrder } from '../../../../src/host/tree/nameOrder.ts';
import { filterTest } from '../../../../src/host/tree/tableFilter.ts';
import type { TableView } from '../../../../src/sources/tableView.ts';
import { HOSTILE_NAMES, HOUR, tableView, VIEWED_AT } from '../../../fixtures/tableViews.ts';

const ALL_KNOWN = { dataset: true, folder: true };

describe('arrangement, as workspace state has it', () => {
  it('is kept whole, and anything else is what it would be by itself', () => {
    const chosen: Arrangement = {
      grouping: 'folder',
      sort: 'size',
      filter: { text: 'or', states: ['error', 'stale'], entityTypes: ['VIEW', ''] },
    };
    assert.deepEqual(parseArrangement(JSON.parse(JSON.stringify(chosen))), chosen);
    assert.deepEqual(parseArrangement({ grouping: 'x', sort: 1, filter: [] }), DEFAULT_ARRANGEMENT);
  });

  it('is bounded and well formed whatever is stored', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.record({ grouping: fc.anything(), sort: fc.anything(), filter: fc.object() }),
        (any, shaped) => {
          for (const stored of [any, shaped]) {
            const { grouping, sort, filter } = parseArrangement(stored);
            assert.ok(grouping === undefined || GROUPINGS.includes(grouping));
            assert.ok(SORT_KEYS.includes(sort));
            assert.ok(filter.states.every((state) => FRESHNESS_STATES.includes(state)));
          }
        },
      ),
    );
    const types = Array.from({ length: 1_000 }, (_, i) => `TYPE ${i}`);
    const { filter } = parseArrangement({ filter: { text: 'x'.repeat(9_999), entityTypes: types } });
    assert.deepEqual([filter.text.length, filter.entityTypes.length], [200, 50]);
  });

  it('counts what is on; all four states are no filter', () => {
    assert.equal(countFilters(NO_FILTER), 0);
    assert.equal(countFilters({ text: 'a', states: ['stale'], entityTypes: ['VIEW'] }), 3);
    assert.equal(countFilters(parseArrangement({ filter: { states: [...FRESHNESS_STATES] } }).filter), 0);
  });

  it('falls back to freshness where the source does not know, and says why', () => {
    const nothing = { dataset: false, folder: false };
    assert.deepEqual(effectiveGrouping(undefined, ALL_KNOWN), { grouping: 'dataset', because: undefined });
    assert.deepEqual(effectiveGrouping(undefined, nothing), { grouping: 'freshness', because: 'noDataset' });
    assert.deepEqual(effectiveGrouping('folder', nothing), { grouping: 'freshness', because: 'noFolder' });
    assert.deepEqual(effectiveGrouping('flat', nothing), { grouping: 'flat', because: undefined });
  });
});

describe('tables, laid out', () => {
  it('stand in datasets by name with the nameless last', () => {
    const views = ['b2', 'b10', ''].map((bucket, i) => tableView(`t${i}`, { of: { bucket } }));
    assert.deepEqual(outline(arrange(views).roots), ['b2: t0', 'b10: t1', ': t2']);
  });

  it('stand in folders, in states with the worst first, or in no groups', () => {
    const views = [
      tableView('a', { of: { folder: 'Sales' } }),
      tableView('b', { cached: null }),
      tableView('c', { cached: { refreshedAt: VIEWED_AT - 9n * HOUR }, of: { folder: 'sales' } }),
    ];
    assert.deepEqual(outline(arrange(views, { grouping: 'folder' }).roots), ['sales: c', 'Sales: a', ': b']);
    assert.deepEqual(outline(arrange(views, { grouping: 'freshness' }).roots), [
      'stale: c',
      'never_fetched: b',
      'fresh: a',
    ]);
    assert.deepEqual(outline(arrange(views, { grouping: 'flat' }).roots), ['a', 'b', 'c']);
  });

  it('are sorted by exact numbers, each in its natural direction, with what is not known last', () => {
    const big = 2n ** 53n;
    const views = [
      tableView('a', { cached: { rows: big, sizeBytes: null, refreshedAt: VIEWED_AT - 2n } }),
      tableView('b', { cached: { rows: big + 1n, sizeBytes: 1n, refreshedAt: VIEWED_AT - 1n } }),
      tableView('c', { cached: null }),
      tableView('d', { cached: { rows: 0n, sizeBytes: big, refreshedAt: VIEWED_AT - 3n } }),
    ];
    const sorted = (sort: SortKey): string => ids(arrange(views, { sort, grouping: 'flat' }).roots).join('');
    assert.equal(sorted('name'), 'abcd');
    assert.equal(sorted('rows'), 'badc');
    assert.equal(sorted('size'), 'dbac');
    assert.equal(sorted('age'), 'dabc');
  });

  it('are sorted by name as people count', () => {
    const views = ['t10', 'T2', 't2', 't1'].map((id) => tableView(id));
    assert.deepEqual(ids(arrange(views, { grouping: 'flat' }).roots), ['t1', 't2', 'T2', 't10']);
  });

  it('are sorted anew when a name changed', () => {
    const names = new NameOrder();
    const order = (...views: TableView[]): string =>
      ids(arrangeTables(views, options({ grouping: 'flat' }), names).roots).join('');
    assert.equal(order(tableView('a'), tableView('b')), 'ab');
    assert.equal(order(tableView('a', { of: { name: 'z' } }), tableView('b')), 'ba');
    assert.equal(order(tableView('b'), tableView('c')), 'bc');
  });

  it('stand on top when they are pinned, and nowhere else', () => {
    const views = ['a', 'b', 'c'].map((id) => tableView(id));
    const { roots } = arrange(views, {}, new Set(['c', 'gone']));
    assert.deepEqual(outline(roots), [': c', 'sales: a b']);
    assert.equal((roots[0] as ArrangedGroup).kind, 'pinned');
  });

  it('are divided where there are more than 500, in parts named by their first and last', () => {
    const views = Array.from({ length: 1_001 }, (_, i) => tableView(`t${String(i).padStart(4, '0')}`));
    const [dataset] = arrange(views).roots;
    assert.ok(dataset !== undefined && typeof dataset !== 'string');
    const parts = dataset.children.filter((child) => typeof child !== 'string');
    assert.deepEqual(
      parts.map(({ name, counts }) => [name, counts.total]),
      [
        ['t0000 – t0499', 500],
        ['t0500 – t0999', 500],
        ['t1000 – t1000', 1],
      ],
    );
    assert.deepEqual(
      [dataset, ...parts].map(({ isOpenAtFirst }) => isOpenAtFirst),
      [true, true, false, false],
    );
    assert.equal(arrange(views, { grouping: 'flat' }).roots.length, 3);
  });

  it('stand in groups of their own for each filter, which are open at first where 500 pass at most', () => {
    const views = Array.from({ length: 700 }, (_, i) =>
      tableView(`t${i}`, { of: { bucket: i % 2 === 0 ? 'even' : 'odd' } }),
    );
    const groups = (filter: Partial<Arrangement['filter']>): readonly ArrangedGroup[] => [
      ...groupsOf(arrange(views, { filter: { ...NO_FILTER, ...filter } }, new Set(['t1'])).roots),
    ];
    const isOpen = (of: readonly ArrangedGroup[]): readonly boolean[] =>
      of.map(({ isOpenAtFirst }) => isOpenAtFirst);
    const [all, one, other] = [groups({}), groups({ text: '1' }), groups({ text: '2' })];
    assert.deepEqual(isOpen(all), [true, true, false]);
    assert.deepEqual(isOpen(one), [true, true, true]);
    assert.equal(new Set([...all, ...one, ...other].map(({ key }) => key)).size, 3 + 3 + 2);
    assert.deepEqual(
      groups({ text: '1' }).map(({ key }) => key),
      one.map(({ key }) => key),
    );
    assert.notDeepEqual(isOpen(groups({ text: 't' })), [true, true, true]);
  });

  it('never share a group with a part, whatever names they have', () => {
    const views = Array.from({ length: 501 }, (_, i) => tableView(`t${i}`, { of: { bucket: 'a' } }));
    for (const bucket of ['a/part:0', 'a\npart:0', 'a\npart:1'])
      views.push(tableView(bucket, { of: { bucket } }));
    const all = [...groupsOf(arrange(views).roots)].map(({ key }) => key);
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.includes('dataset:a\npart:1'));
  });

  it('lose none and show none twice, in lists of at most 500, whatever is chosen', () => {
    const anyView = fc
      .record({
        name: fc.oneof(fc.string(), fc.constantFrom(...HOSTILE_NAMES)),
        bucket: fc.option(fc.constantFrom('a', 'b', '', '\u202E', 'x'.repeat(200))),
        folder: fc.option(fc.constantFrom('f', '', 'F')),
        rows: fc.option(fc.bigInt(-2n, 2n ** 70n)),
        refreshedAt: fc.option(fc.bigInt(0n, VIEWED_AT * 2n)),
        isCached: fc.boolean(),
      })
      .map(
        ({ name, bucket, folder, rows, refreshedAt, isCached }) =>
          (id: string) =>
            tableView(id, {
              of: { name, bucket, folder },
              cached: isCached ? { rows, sizeBytes: rows, refreshedAt } : null,
            }),
      );
    fc.assert(
      fc.property(
        fc.array(anyView, { maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(...GROUPINGS, undefined),
        fc.constantFrom(...SORT_KEYS),
        fc.record({ dataset: fc.boolean(), folder: fc.boolean() }),
        fc.constantFrom('', 'a', 'T'),
        fc.subarray([...FRESHNESS_STATES]),
        (makers, repeat, grouping, sort, capabilities, text, states) => {
          const views = Array.from({ length: repeat }, () => makers)
            .flat()
            .map((make, i) => make(`t${i}`));
          const filter = { text, states, entityTypes: [] };
          const pinned = new Set(['t1', 't7', 'gone']);
          const arranged = arrangeTables(views, {
            arrangement: { grouping, sort, filter },
            pinned,
            capabilities,
          });
          const isShown = filterTest(filter) ?? (() => true);
          const expected = views.filter(isShown).map(({ registration }) => registration.id);
          assert.deepEqual(ids(arranged.roots).sort(), expected.sort());
          assert.equal(arranged.shown.size, expected.length);
          const groups = [...groupsOf(arranged.roots)];
          assert.equal(new Set(groups.map(({ key }) => key)).size, groups.length);
          for (const { children, counts } of groups) {
            const own = children.filter((child) => typeof child === 'string').length;
            assert.ok(own <= MAX_GROUP_SIZE && counts.total === ids(children).length);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('filter', () => {
  const view = tableView('Order_Items', { of: { folder: 'Shop' }, cached: { entityType: 'VIEW' } });
  const passes = (filter: Partial<Arrangement['filter']>): boolean =>
    filterTest({ ...NO_FILTER, ...filter })?.(view) ?? true;

  it('takes words that stand in name, id, dataset or folder', () => {
    for (const text of ['', 'order', 'ITEMS order', 'sales', 'shop items']) assert.ok(passes({ text }), text);
    for (const text of ['orders', 'order missing']) assert.ok(!passes({ text }), text);
  });

  it('takes states and types, and all of what is on has to fit', () => {
    assert.ok(passes({ states: ['fresh', 'stale'], entityTypes: ['VIEW'] }));
    assert.ok(!passes({ states: ['fresh'], entityTypes: ['BASE TABLE'] }));
    assert.ok(!passes({ states: ['stale'] }));
    assert.ok(filterTest({ ...NO_FILTER, entityTypes: [''] })?.(tableView('x', { cached: null })));
  });
});

describe('place of a changed table', () => {
  const before = tableView('a');
  const stays = (
    after: TableView | undefined,
    arrangement: Partial<Arrangement> = {},
    old = before,
  ): boolean => placeTest(options(arrangement))(old, after ?? before);

  it('stays while only its look changes', () => {
    assert.ok(stays({ ...before, refreshing: true }));
    assert.ok(stays(tableView('a', { cached: { refreshedAt: VIEWED_AT } })));
    assert.ok(stays(tableView('a', { cached: { rows: 1n } }), { sort: 'size' }));
  });

  it('changes with what it is sorted, grouped, counted or filtered by', () => {
    assert.ok(!stays(tableView('a', { cached: { refreshedAt: VIEWED_AT } }), { sort: 'age' }));
    assert.ok(!stays(tableView('a', { cached: { rows: 1n } }), { sort: 'rows' }));
    assert.ok(!stays(tableView('a', { cached: null })));
    assert.ok(!stays(tableView('a', { of: { name: 'b' } })));
    assert.ok(!stays(tableView('a', { of: { folder: 'f' } })));
    assert.ok(!stays(undefined, { filter: { ...NO_FILTER, text: 'zzz' } }));
  });

  it('stays away while it is filtered away, and comes when it fits', () => {
    const filter = { ...NO_FILTER, states: ['stale' as const] };
    const place = placeTest(options({ filter }));
    assert.ok(place(undefined, before));
    assert.ok(!place(undefined, tableView('a', { freshness: 'stale' })));
  });
});

function options(arrangement: Partial<Arrangement>, pinned: ReadonlySet<string> = new Set()): ArrangeOptions {
  return { arrangement: { ...DEFAULT_ARRANGEMENT, ...arrangement }, pinned, capabilities: ALL_KNOWN };
}

function arrange(
  views: readonly TableView[],
  arrangement: Partial<Arrangement> = {},
  pinned?: ReadonlySet<string>,
): ReturnType<typeof arrangeTables> {
  return arrangeTables(views, options(arrangement, pinned));
}

function ids(children: readonly ArrangedChild[]): string[] {
  return children.flatMap((child) => (typeof child === 'string' ? [child] : ids(child.children)));
}

function outline(children: readonly ArrangedChild[]): string[] {
  return children.map((child) =>
    typeof child === 'string' ? child : `${child.name}: ${ids(child.children).join(' ')}`,
  );
}

function* groupsOf(children: readonly ArrangedChild[]): Iterable<ArrangedGroup> {
  for (const child of children) {
    if (typeof child === 'string') continue;
    yield child;
    yield* groupsOf(child.children);
  }
}
