import assert from 'node:assert/strict';
import type { TableChange } from '../../../src/core/tableChange.ts';
import { mergeFacts, type SeenRefresh, type TableFacts } from '../../../src/core/tableFacts.ts';

const NOTHING: TableFacts = { lastModified: null, seen: null, change: null, failure: null };

describe('facts of two windows', () => {
  it('are of each kind the later', () => {
    const own: TableFacts = {
      seen: seen(2n),
      lastModified: { at: 9n, observedAt: 1n },
      change: { at: 2n, what: change() },
      failure: { at: 3n, reason: 'accessDenied' },
    };
    const other: TableFacts = {
      seen: seen(1n),
      lastModified: { at: 5n, observedAt: 2n },
      change: { at: 1n, what: change() },
      failure: { at: 4n, reason: 'tableNotFound' },
    };
    const merged = {
      seen: own.seen,
      lastModified: other.lastModified,
      change: own.change,
      failure: other.failure,
    };
    assert.deepEqual(mergeFacts(own, other), merged);
    assert.deepEqual(mergeFacts(other, own), merged);
  });

  it('are those of one where the other knows nothing', () => {
    const all: TableFacts = {
      seen: seen(1n),
      lastModified: { at: 1n, observedAt: 1n },
      change: { at: 1n, what: change() },
      failure: { at: 2n, reason: 'accessDenied' },
    };
    assert.deepEqual(mergeFacts(NOTHING, all), all);
    assert.equal(mergeFacts(all, NOTHING), all, 'the same object: nothing is to be drawn');
    assert.equal(mergeFacts(all, structuredClone(all)), all);
  });

  it('of one refresh are the change that names columns', () => {
    const columns = { added: ['a'], removed: [], addedCount: 1, removedCount: 0 };
    const plain = { ...NOTHING, change: { at: 1n, what: change() } };
    const fuller = { ...NOTHING, change: { at: 1n, what: { ...change(), columns } } };
    assert.equal(mergeFacts(plain, fuller).change, fuller.change);
    assert.equal(mergeFacts(fuller, plain).change, fuller.change);
    const later = { ...NOTHING, change: { at: 2n, what: change() } };
    assert.equal(mergeFacts(fuller, later).change, later.change);
  });

  it('bring back no failure that a success has cleared', () => {
    const failure = { at: 2n, reason: 'accessDenied' } as const;
    assert.equal(mergeFacts({ ...NOTHING, seen: seen(2n) }, { ...NOTHING, failure }).failure, null);
    assert.equal(mergeFacts({ ...NOTHING, seen: seen(1n) }, { ...NOTHING, failure }).failure, failure);
  });

  it('bring back no time of what the table was before', () => {
    const lastModified = { at: 1n, observedAt: 1n };
    const before = { ...NOTHING, seen: seen(1n), lastModified };
    const isView = { ...NOTHING, seen: { ...seen(2n), entityType: 'VIEW' } };
    assert.equal(mergeFacts(isView, before).lastModified, null);
    assert.equal(mergeFacts(before, isView).lastModified, null);
    const pointsElsewhere = { ...seen(2n), registeredAs: { bucket: 'b', sourceTable: null, bqFqn: null } };
    assert.equal(mergeFacts({ ...NOTHING, seen: pointsElsewhere }, before).lastModified, null);
    assert.equal(mergeFacts({ ...NOTHING, seen: seen(2n) }, before).lastModified, lastModified);
  });
});

function seen(at: bigint): SeenRefresh {
  const registeredAs = { bucket: 'sales', sourceTable: null, bqFqn: null };
  return { at, rows: 1n, entityType: 'BASE TABLE', partitionBy: null, registeredAs };
}

function change(): TableChange {
  return { columns: null, entityType: null, partitionBy: null, rows: { before: 9n, after: 0n } };
}
