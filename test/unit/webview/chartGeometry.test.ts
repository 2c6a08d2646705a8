import assert from 'node:assert/strict';
import { linesOf, valueScale } from '../../../src/webview/details/chartGeometry.ts';
import type { LineChart } from '../../../src/webview/details/detailsMessages.ts';

const AREA = { left: 10, right: 110, top: 0, bottom: 50 };

describe('lines of a chart', () => {
  it('go by time and value, from the first tick at the bottom to the last one at the top', () => {
    assert.deepEqual(
      linesOf(
        chart([
          [0, 0],
          [50, 5],
          [100, 10],
        ]),
        AREA,
      ),
      [
        [
          { x: 10, y: 50 },
          { x: 60, y: 25 },
          { x: 110, y: 0 },
        ],
      ],
    );
  });

  it('end where nothing is known, and begin again', () => {
    const lines = linesOf(
      chart([
        [0, null],
        [10, 1],
        [20, 2],
        [30, null],
        [40, null],
        [50, 3],
      ]),
      AREA,
    );
    assert.deepEqual(
      lines.map((line) => line.length),
      [2, 1],
    );
  });

  it('stand in the middle where there is no extent', () => {
    assert.deepEqual(linesOf(chart([[5, 10]]), AREA), [[{ x: 60, y: 0 }]]);
    assert.equal(valueScale([{ value: 3, label: '3' }], AREA)(3), 25);
  });
});

function chart(points: readonly (readonly [number, number | null])[]): LineChart {
  return {
    ...{ title: '', spoken: '', from: '', to: '', last: null },
    points: points.map(([atMs, value]) => ({ atMs, value })),
    valueTicks: [
      { value: 0, label: '0' },
      { value: 10, label: '10' },
    ],
  };
}
