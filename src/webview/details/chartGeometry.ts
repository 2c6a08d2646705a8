import type { LineChart } from './detailsMessages.ts';

/** Where the lines of a chart are drawn, in units of its picture. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Lines through points that follow each other; a point alone between gaps is a line of one. Oldest first. */
export function linesOf({ points, valueTicks }: LineChart, area: Area): readonly (readonly Place[])[] {
  const times = points.map(({ atMs }) => atMs);
  const across = scale(Math.min(...times), Math.max(...times), area.left, area.right);
  const up = valueScale(valueTicks, area);
  const lines: Place[][] = [];
  let line: Place[] | undefined;
  for (const { atMs, value } of points) {
    if (value === null) {
      line = undefined;
      continue;
    }
    if (line === undefined) lines.push((line = []));
    line.push({ x: across(atMs), y: up(value) });
  }
  return lines;
}

/** Height of a value: the first tick is at the bottom, the last one at the top. */
export function valueScale(ticks: LineChart['valueTicks'], area: Area): (value: number) => number {
  return scale(ticks[0]?.value ?? 0, ticks.at(-1)?.value ?? 1, area.bottom, area.top);
}

/** Maps `from`–`to` to `start`–`end`; where there is no extent, to its middle. */
function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  if (to <= from) return () => (start + end) / 2;
  return (value) => round(start + ((value - from) / (to - from)) * (end - start));
}

/** Three digits behind the point are finer than any screen. */
function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
