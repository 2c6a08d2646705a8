import assert from 'node:assert/strict';
import { encodeGotchas } from '../../../../src/core/gotchas.ts';
import type { ServerStatusRow, ServerTable } from '../../../../src/ports/agnesServer.ts';
import {
  detailsOf,
  joinAnswers,
  type ServerRegistrations,
  type ShownTable,
} from '../../../../src/sources/remote/joinAnswers.ts';
import { serverRegistration, serverTable, statusRow } from '../../../fixtures/fakeAgnesServer.ts';

describe('what the server answers, joined', () => {
  it('shows the tables of the catalog in its order, and no orphans of the status', () => {
    const catalog = [serverTable('b'), serverTable('a'), serverTable('c')];
    const status = [statusRow('a'), statusRow('gone'), statusRow('c')];
    assert.deepEqual([...joinAnswers(catalog, status, undefined).keys()], ['b', 'a', 'c']);
  });

  it('leaves out what Agnes does not refresh', () => {
    const catalog = [serverTable('local', { freshness: 'not_applicable' }), serverTable('a')];
    assert.deepEqual([...joinAnswers(catalog, [statusRow('local')], undefined).keys()], ['a']);
  });

  it('has a registration without an address where the registry is not known', () => {
    const { row } = join({ name: 'Orders' }, {});
    assert.deepEqual(row.registration, {
      ...{ id: 'a', name: 'Orders', sourceType: 'bigquery', queryMode: 'remote' },
      ...{ bucket: null, sourceTable: null, bqFqn: null, hasAccessPolicy: false, folder: null },
    });
  });

  it('takes the address and the folder from the registry, and the rest from the catalog', () => {
    const registered = serverRegistration('a', {
      ...{ bucket: 'sales', sourceTable: 'orders', bqFqn: 'my-project.sales.orders', folder: 'Shop' },
    });
    const catalog = [serverTable('a', { description: 'All orders.' })];
    const table = joinAnswers(catalog, [], new Map([['a', registered]])).get('a') ?? assert.fail();
    const { bucket, sourceTable, bqFqn, folder } = table.row.registration;
    const read = [bucket, sourceTable, bqFqn, folder];
    assert.deepEqual(read, ['sales', 'orders', 'my-project.sales.orders', 'Shop']);
    assert.deepEqual(detailsOf(table), {
      ...{ knownColumns: null, description: 'All orders.', folder: 'Shop' },
      ...{ grain: null, gotchas: [], thingsToKnow: null },
    });
  });

  it('takes the documentation from the registry, as one text where it is a list', () => {
    const gotchas = [
      { text: 'Some are cancelled.', isKey: true },
      { text: 'No taxes.', isKey: false },
    ];
    const registered = serverRegistration('a', {
      ...{ grain: 'One order.', gotchasText: encodeGotchas(gotchas), thingsToKnow: 'Loaded hourly.' },
    });
    const table = joinFor(new Map([['a', registered]]), {}, {});
    const { grain, gotchas: told, thingsToKnow } = detailsOf(table);
    assert.deepEqual([grain, told, thingsToKnow], ['One order.', gotchas, 'Loaded hourly.']);
    const held: unknown[] = Object.values(table.documentation ?? {});
    assert.ok(held.every((value) => typeof value !== 'object' || value === null));
  });

  it('has no documentation for who is told of no registry, and none of another table', () => {
    const registered = serverRegistration('b', { grain: 'One order.', folder: 'Shop' });
    for (const registry of [undefined, new Map([['b', registered]])]) {
      const table = joinFor(registry, { description: 'All orders.' }, {});
      assert.equal(table.row.registration.folder, null);
      assert.deepEqual(detailsOf(table), {
        ...{ knownColumns: null, description: 'All orders.', folder: null },
        ...{ grain: null, gotchas: [], thingsToKnow: null },
      });
    }
  });

  it('knows nothing of a table without a status row, which is not the same as a row without numbers', () => {
    const shown = joinAnswers([serverTable('a'), serverTable('b')], [statusRow('b')], undefined);
    assert.equal(shown.get('a')?.row.cached, null);
    assert.equal(shown.get('b')?.row.cached?.rows, null);
  });

  it('takes numbers, times and the text of the error from one and the same status row', () => {
    const big = 2n ** 60n;
    const { row } = join(
      {},
      {
        ...{ rows: big, sizeBytes: 1n, entityType: 'VIEW', refreshedAt: 7n },
        ...{ errorAt: 9n, errorMessage: 'Forbidden: no' },
      },
    );
    assert.deepEqual(row.cached, {
      ...{ rows: big, sizeBytes: 1n, partitionBy: null, clusteredBy: null, entityType: 'VIEW' },
      ...{ refreshedAt: 7n, errorAt: 9n, errorMessage: 'Forbidden: no' },
    });
  });

  it('makes no empty list of one that may not be known', () => {
    const { row, ...table } = join({}, { clusteredBy: [], knownColumns: [] });
    assert.equal(row.cached?.clusteredBy, null);
    assert.equal(detailsOf({ row, ...table }).knownColumns, null);
  });

  it('keeps the names of columns as one text', () => {
    const table = join({ partitionBy: 'id' }, { partitionBy: 'id', knownColumns: ['id', 'naïve "name"'] });
    assert.equal(table.knownColumnsText, '["id","naïve \\"name\\""]');
    assert.deepEqual(detailsOf(table).knownColumns, ['id', 'naïve "name"']);
  });

  it('shows partitioning and clustering that the catalog shows, as the status row has them', () => {
    const shown = join({ partitionBy: 'old' }, { partitionBy: 'day', clusteredBy: ['country'] });
    assert.deepEqual([shown.row.cached?.partitionBy, shown.row.cached?.clusteredBy], ['day', ['country']]);
    assert.equal(shown.row.registration.hasAccessPolicy, false);
  });

  describe('withholds the facts of columns that the catalog withholds from this user', () => {
    const withheld: [string, Partial<ServerStatusRow>][] = [
      ['partitioning', { partitionBy: 'day', knownColumns: ['day'] }],
      ['clustering', { clusteredBy: ['country'], knownColumns: ['country'] }],
      ['an example by date', { knownColumns: ['event_date'] }],
      ['an example by country and platform', { knownColumns: ['platform', 'country_code'] }],
    ];
    for (const [what, status] of withheld) {
      it(`where it lacks ${what}`, () => assertWithheld(join({}, { rows: 5n, ...status })));
    }

    it('where one of the two is missing, though it shows the other', () => {
      const status = { partitionBy: 'day', knownColumns: ['event_date'] };
      assertWithheld(join({ partitionBy: 'day' }, { rows: 5n, ...status }));
      assertWithheld(join({ hasWhereExamples: true }, { rows: 5n, ...status }));
    });

    it('but not of a table that was fetched only after the catalog was made', () => {
      const status = { partitionBy: 'day', knownColumns: ['event_date'], rows: 5n };
      const administered = joinFor(ADMINISTRATOR, { freshness: 'never_fetched' }, status);
      assert.equal(administered.row.registration.hasAccessPolicy, false);
      assert.equal(administered.row.cached?.partitionBy, 'day');
      assert.deepEqual(detailsOf(administered).knownColumns, ['event_date']);
      // Nor is it shown to others: the next catalog tells.
      const { row, ...seen } = join({ freshness: 'never_fetched' }, status);
      assert.deepEqual(
        [row.registration.hasAccessPolicy, row.cached?.partitionBy, row.cached?.rows, seen.knownColumnsText],
        [false, null, 5n, null],
      );
    });

    const open: [string, Partial<ServerTable>, Partial<ServerStatusRow>][] = [
      ['it shows either key', { clusteredBy: ['country'] }, { partitionBy: 'day', clusteredBy: ['country'] }],
      ['it shows examples', { hasWhereExamples: true }, { knownColumns: ['event_date'] }],
      ['there is no column for an example', {}, { knownColumns: ['Event_Date', 'country_code'] }],
      ['there is one of two columns only', {}, { knownColumns: ['platform', 'id'] }],
    ];
    for (const [what, table, status] of open) {
      it(`but not where ${what}`, () => {
        const shown = joinFor(ADMINISTRATOR, table, { knownColumns: ['id'], ...status });
        assert.equal(shown.row.registration.hasAccessPolicy, false);
        assert.ok(detailsOf(shown).knownColumns);
      });
    }
  });

  describe('gives the names of columns to who may not be an administrator', () => {
    const names = { knownColumns: ['id', 'salary'] };

    it('only where the catalog shows that it withholds nothing', () => {
      const shown = join({}, names);
      assert.equal(shown.row.registration.hasAccessPolicy, false); // there is no trace of a policy either
      assert.equal(detailsOf(shown).knownColumns, null);
      assert.ok(detailsOf(join({ partitionBy: 'id' }, { ...names, partitionBy: 'id' })).knownColumns);
      assert.ok(detailsOf(join({ clusteredBy: ['id'] }, { ...names, clusteredBy: ['id'] })).knownColumns);
      assert.ok(detailsOf(join({ hasWhereExamples: true }, names)).knownColumns);
    });

    it('and to administrators wherever nothing tells of withholding', () => {
      assert.deepEqual(detailsOf(joinFor(ADMINISTRATOR, {}, names)).knownColumns, names.knownColumns);
      assertWithheld(joinFor(ADMINISTRATOR, {}, { ...names, partitionBy: 'id', rows: 5n }));
    });
  });
});

const ADMINISTRATOR: ServerRegistrations = new Map();

function assertWithheld(shown: ShownTable): void {
  const { registration, cached } = shown.row;
  assert.equal(registration.hasAccessPolicy, true);
  assert.deepEqual([cached?.partitionBy, cached?.clusteredBy, cached?.rows], [null, null, 5n]);
  assert.equal(shown.knownColumnsText, null);
  assert.equal(detailsOf(shown).knownColumns, null);
}

/** The table `a` as both show it to who may not be an administrator. */
function join(table: Partial<ServerTable>, status: Partial<ServerStatusRow>): ShownTable {
  return joinFor(undefined, table, status);
}

function joinFor(
  registry: ServerRegistrations | undefined,
  table: Partial<ServerTable>,
  status: Partial<ServerStatusRow>,
): ShownTable {
  const shown = joinAnswers([serverTable('a', table)], [statusRow('a', status)], registry);
  return shown.get('a') ?? assert.fail();
}
