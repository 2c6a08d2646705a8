import assert from 'node:assert/strict';
import { historySection } from '../../../../src/host/details/historyContent.ts';
import type { HistoryPoint } from '../../../../src/core/tableFacts.ts';
import type { HistorySection } from '../../../../src/webview/details/detailsMessages.ts';
import { HOUR, VIEWED_AT } from '../../../fixtures/tableViews.ts';

describe('history of a table', () => {
  it('is a line of rows and one of bytes, with labels, units and the last value', () => {
    const { charts, sentences } = sectionOf([point(0, 1_000_000n, 2_048n), point(1, 1_200_000n, 4_096n)]);
    assert.deepEqual(sentences, []);
    const [rows, size] = charts;
    assert.equal(rows?.title, 'Rows');
    assert.deepEqual(
      rows.valueTicks.map(({ label }) => label),
      ['1M rows', '1.1M rows', '1.2M rows'],
    );
    assert.deepEqual(
      rows.points.map(({ value }) => value),
      [1_000_000, 1_200_000],
    );
    assert.equal(rows.last, '1.2M rows');
    assert.match(rows.from, / UTC$/);
    assert.match(
      rows.spoken,
      /^Rows over 2 refreshes from .*: first 1M rows, last 1\.2M rows, lowest 1M rows, highest 1\.2M rows\.$/,
    );
    assert.deepEqual([size?.title, size?.last], ['Size', '4 KiB']);
  });

  it('begins its axis at zero where the values are too close for their labels', () => {
    const [chart] = sectionOf([point(0, 48_200_001n, null), point(1, 48_200_002n, null)]).charts;
    assert.deepEqual(
      chart?.valueTicks.map(({ value }) => value),
      [0, 24_100_001, 48_200_002],
    );
    const [empty] = sectionOf([point(0, 0n, null), point(1, 0n, null)]).charts;
    assert.deepEqual(
      empty?.valueTicks.map(({ value }) => value),
      [0, 1],
    );
  });

  it('has a gap where nothing is known', () => {
    const [chart] = sectionOf([point(0, 1n, null), point(1, null, null), point(2, 3n, null)]).charts;
    assert.deepEqual(
      chart?.points.map(({ value }) => value),
      [1, null, 3],
    );
  });

  it('says in a sentence that there is no line yet, or can be none', () => {
    assert.deepEqual(sectionOf([]), {
      heading: 'History',
      sentences: ['No refresh of this table has been seen here yet.'],
      charts: [],
      table: null,
    });
    const one = sectionOf([point(0, 1n, 1n)]);
    assert.match(one.sentences[0] ?? '', /^One refresh has been seen here so far/);
    assert.equal(one.table?.rows.length, 1);
    const view = sectionOf([point(0, null, null), point(1, null, null)]);
    assert.match(view.sentences[0] ?? '', /^Too few of the refreshes/);
    assert.deepEqual(sectionOf(undefined).sentences, []);
  });

  it('has all values in a table, the latest first, and at most the last hundred', () => {
    const { table } = sectionOf([point(0, 1_234n, 2_048n), point(1, null, null)]);
    assert.deepEqual(
      table?.rows.map(([, ...rest]) => rest),
      [
        ['not known', 'not known', 'not known'],
        ['1,234', '2 KiB', '2,048'],
      ],
    );
    const many = sectionOf(Array.from({ length: 130 }, (_, i) => point(i, BigInt(i), null)));
    assert.equal(many.table?.rows.length, 100);
    assert.equal(many.table.rows[0]?.[1], '129');
    assert.equal(many.charts[0]?.points.length, 100);
  });
});

function point(index: number, rows: bigint | null, sizeBytes: bigint | null): HistoryPoint {
  return { at: VIEWED_AT + BigInt(index) * HOUR, rows, sizeBytes };
}

function sectionOf(history: readonly HistoryPoint[] | undefined): HistorySection {
  return historySection({ history, timeZone: 'UTC' });
}
