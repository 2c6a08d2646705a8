import assert from 'node:assert/strict';
import type { TableChange } from '../../../../src/core/tableChange.ts';
import type { ServerStatusRow, ServerTable } from '../../../../src/ports/agnesServer.ts';
import {
  joinAnswers,
  type ServerRegistrations,
  type ShownTable,
  type ShownTables,
} from '../../../../src/sources/remote/joinAnswers.ts';
import { changesSince } from '../../../../src/sources/remote/refreshChange.ts';
import { outcomeOfAnswer, outcomeOfStatus } from '../../../../src/sources/remote/serverOutcomes.ts';
import { OK_ANSWER, serverTable, statusRow } from '../../../fixtures/fakeAgnesServer.ts';

const BEFORE = 1_000n;
const AFTER = 2_000n;
const ADMINISTRATOR: ServerRegistrations = new Map();
const NOTHING: TableChange = { columns: null, entityType: null, partitionBy: null, rows: null };

/** Before the refresh: partitioned by `day`, with the columns `id` and `day`. */
const KNOWN = { refreshedAt: BEFORE, partitionBy: 'day', knownColumns: ['id', 'day'] };
const OPEN = { partitionBy: 'day' };

describe('what a refresh on the server left different', () => {
  it('is told of columns, partitioning, type and rows, as far as they are', () => {
    const before = shown(OPEN, { ...KNOWN, rows: 1_000n, entityType: 'BASE TABLE' });
    const same = { partitionBy: 'day', knownColumns: ['id', 'day'], rows: 1_000n, entityType: 'BASE TABLE' };
    assert.equal(changeOf(before, same), undefined);
    assert.deepEqual(changeOf(before, { ...same, knownColumns: ['day', 'name', 'tax'] }), {
      ...NOTHING,
      columns: { added: ['name', 'tax'], removed: ['id'], addedCount: 2, removedCount: 1 },
    });
    const partitionBy = { before: 'day', after: 'month' };
    assert.deepEqual(changeOf(before, { ...same, partitionBy: 'month' }), { ...NOTHING, partitionBy });
    const entityType = { before: 'BASE TABLE', after: 'VIEW' };
    assert.deepEqual(changeOf(before, { ...same, entityType: 'VIEW' }), { ...NOTHING, entityType });
    const rows = { before: 1_000n, after: 0n };
    assert.deepEqual(changeOf(before, { ...same, rows: 0n }), { ...NOTHING, rows });
  });

  it('is nothing where the row is of no later refresh, or the table was never refreshed', () => {
    const columns = { partitionBy: 'day', knownColumns: ['other'] };
    assert.equal(changeOf(shown(OPEN, { ...KNOWN, refreshedAt: AFTER }), columns), undefined);
    assert.equal(changeOf(shown(OPEN, { ...KNOWN, refreshedAt: AFTER + 1n }), columns), undefined);
    assert.equal(changeOf(shown(OPEN, { ...KNOWN, refreshedAt: null }), columns), undefined);
    assert.notEqual(changeOf(shown(OPEN, KNOWN), columns), undefined);
  });

  it('is no column of which the server does not know now, or did not before', () => {
    assert.equal(changeOf(shown(OPEN, KNOWN), { partitionBy: null, knownColumns: [] }), undefined);
    assert.equal(changeOf(shown(OPEN, { ...KNOWN, knownColumns: [] }), KNOWN), undefined);
  });

  describe('is of columns and partitioning nothing that is withheld', () => {
    const later = { partitionBy: 'month', knownColumns: ['salary'], rows: 0n };
    const rows = { before: 500n, after: 0n };
    const onlyRows = { ...NOTHING, rows };

    it('by an access policy', () => {
      for (const registry of [undefined, ADMINISTRATOR]) {
        const before = shown({}, { ...KNOWN, rows: 500n }, registry);
        assert.equal(before.row.registration.hasAccessPolicy, true);
        assert.deepEqual(changeOf(before, later), onlyRows);
      }
    });

    it('by the policy of which the row tells no more after the refresh', () => {
      const before = shown({}, { ...KNOWN, rows: 500n }, ADMINISTRATOR);
      assert.deepEqual(changeOf(before, { ...later, partitionBy: null }), onlyRows);
    });

    it('from who may be no administrator, where the catalog shows none itself', () => {
      const known = { refreshedAt: BEFORE, knownColumns: ['id'], rows: 500n };
      const after = { knownColumns: ['salary'], rows: 0n };
      assert.deepEqual(changeOf(shown({}, known), after), onlyRows);
      const columns = { added: ['salary'], removed: ['id'], addedCount: 1, removedCount: 1 };
      assert.deepEqual(changeOf(shown({}, known, ADMINISTRATOR), after), { ...onlyRows, columns });
    });

    it('by what the row has now and the catalog did not show', () => {
      const before = shown(OPEN, { ...KNOWN, rows: 500n });
      assert.deepEqual(changeOf(before, { ...later, knownColumns: ['event_date'] }), onlyRows);
    });
  });

  it('is found between two readings, for the tables of both that were refreshed between them', () => {
    const before = shown(OPEN, { ...KNOWN, knownColumns: ['id'] });
    const after = shown(OPEN, { ...KNOWN, refreshedAt: AFTER, knownColumns: ['id', 'email'] });
    const columns = { added: ['email'], removed: [], addedCount: 1, removedCount: 0 };
    const tables = (...entries: [string, ShownTable][]): ShownTables => new Map(entries);
    assert.deepEqual(
      changesSince(tables(['a', before], ['gone', before]), tables(['a', after], ['new', after])),
      new Map([['a', { ...NOTHING, columns }]]),
    );
    assert.deepEqual(changesSince(tables(['a', after]), tables(['a', after])), new Map());
    assert.deepEqual(changesSince(undefined, tables(['a', after])), new Map());
  });

  it('is by the answer of a single table what that tells: type and rows', () => {
    const before = shown(OPEN, { ...KNOWN, rows: 10_000n, entityType: 'VIEW' });
    assert.deepEqual(changeByAnswerOf(before), {
      ...NOTHING,
      entityType: { before: 'VIEW', after: 'BASE TABLE' },
      rows: { before: 10_000n, after: 10n },
    });
    assert.equal(changeByAnswerOf(shown(OPEN, { ...KNOWN, rows: 10n, entityType: 'BASE TABLE' })), undefined);
    assert.equal(changeByAnswerOf(shown(OPEN, { ...KNOWN, refreshedAt: null, rows: 10_000n })), undefined);
    assert.equal(changeByAnswerOf(undefined), undefined);
  });
});

/** The table `a` as it was shown before. */
function shown(
  table: Partial<ServerTable>,
  status: Partial<ServerStatusRow>,
  registry?: ServerRegistrations,
): ShownTable {
  const tables = joinAnswers([serverTable('a', table)], [statusRow('a', status)], registry);
  return tables.get('a') ?? assert.fail();
}

function changeOf(before: ShownTable, after: Partial<ServerStatusRow>): TableChange | undefined {
  const outcome = outcomeOfStatus(before, statusRow('a', { ...after, refreshedAt: AFTER }), AFTER);
  assert.ok(outcome?.status === 'ok');
  return outcome.change;
}

function changeByAnswerOf(before: ShownTable | undefined): TableChange | undefined {
  const outcome = outcomeOfAnswer('a', OK_ANSWER, { observedAt: AFTER, elapsedMs: 0 }, before);
  assert.ok(outcome.status === 'ok');
  return outcome.change;
}
