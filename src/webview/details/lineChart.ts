import { linesOf, valueScale, type Area, type Place } from './chartGeometry.ts';
import type { LineChart } from './detailsMessages.ts';
import { element, svgElement } from './elements.ts';

const WIDTH = 440;
const HEIGHT = 170;
const AREA: Area = { left: 92, right: 345, top: 14, bottom: 132 };
/** Room between a label and what it is of. */
const GAP = 8;
/** Half of a label's height, to stand in the middle beside a line. */
const HALF_TEXT = 4;
/** Least room for a label to the right of its point. */
const LABEL_ROOM = 90;
/** How far the ends of the time axis are written beyond it, so that the two fit beside each other. */
const OVERHANG = 75;

/** A small line chart with its title: a picture to the eye, one sentence to who does not see it. */
export function lineChart(chart: LineChart, index: number): HTMLElement {
  const id = `chart-${index}`;
  const lines = linesOf(chart, AREA);
  const picture = svgElement(
    'svg',
    { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': chart.spoken },
    ...grid(chart),
    ...lines.map((line) => svgElement('path', { class: 'line', d: pathOf(line) })),
    // Each refresh is a point of its own: between two of them nothing is known.
    ...lines
      .flat()
      .map(({ x, y }) => svgElement('circle', { class: 'point', cx: String(x), cy: String(y), r: '2.5' })),
    ...lastLabel(chart, lines.at(-1)?.at(-1)),
    text('time', AREA.left - OVERHANG, HEIGHT - 14, chart.from, 'start'),
    text('time', AREA.right + OVERHANG, HEIGHT - 14, chart.to, 'end'),
  );
  return element('figure', { id }, element('figcaption', {}, chart.title), picture);
}

function grid({ valueTicks }: LineChart): SVGElement[] {
  const up = valueScale(valueTicks, AREA);
  return valueTicks.flatMap(({ value, label }) => {
    const y = up(value);
    return [
      svgElement('path', { class: 'grid', d: `M${AREA.left} ${y}H${AREA.right}` }),
      text('tick', AREA.left - GAP, y + HALF_TEXT, label, 'end'),
    ];
  });
}

function lastLabel({ last }: LineChart, place: Place | undefined): SVGElement[] {
  if (last === null || place === undefined) return [];
  const y = Math.min(Math.max(place.y + HALF_TEXT, AREA.top), AREA.bottom + HALF_TEXT - 1);
  const room = WIDTH - place.x > LABEL_ROOM;
  return [text('last', place.x + (room ? GAP : -GAP), y, last, room ? 'start' : 'end')];
}

function pathOf(line: readonly Place[]): string {
  return line.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}

function text(
  className: string,
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'end',
): SVGTextElement {
  return svgElement('text', { class: className, x: String(x), y: String(y), 'text-anchor': anchor }, content);
}
