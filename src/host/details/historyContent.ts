import * as l10n from '@vscode/l10n';
import { formatBytes, formatCount, formatInstant, formatRows } from '../../core/humanize.ts';
import { MAX_HISTORY_POINTS, type HistoryPoint } from '../../core/tableFacts.ts';
import { toEpochMs } from '../../core/time.ts';
import type { HistorySection, LineChart } from '../../webview/details/detailsMessages.ts';
import type { DetailsInput } from './detailsInput.ts';

/** What is drawn over time. */
interface Quantity {
  readonly title: string;
  readonly valueOf: (point: HistoryPoint) => bigint | null;
  readonly format: (value: bigint) => string;
}

/** Rows and bytes over the refreshes that this extension saw: as lines, and all values in a table. */
export function historySection({
  history,
  timeZone,
}: Pick<DetailsInput, 'history' | 'timeZone'>): HistorySection {
  const heading = l10n.t('History');
  if (history === undefined) return { heading, sentences: [], charts: [], table: null };
  const points = history.slice(-MAX_HISTORY_POINTS);
  const charts = quantities().flatMap((quantity) => lineChart(quantity, points, timeZone) ?? []);
  return {
    heading,
    sentences: sentences(points, charts.length),
    charts,
    table: valueTable(points, timeZone),
  };
}

function quantities(): readonly Quantity[] {
  return [
    { title: l10n.t('Rows'), valueOf: ({ rows }) => rows, format: formatRows },
    { title: l10n.t('Size'), valueOf: ({ sizeBytes }) => sizeBytes, format: formatBytes },
  ];
}

function sentences(points: readonly HistoryPoint[], charts: number): string[] {
  if (points.length === 0) return [l10n.t('No refresh of this table has been seen here yet.')];
  if (charts > 0) return [];
  return points.length === 1
    ? [l10n.t('One refresh has been seen here so far; a line begins with the second one.')]
    : [l10n.t('Too few of the refreshes that were seen here told rows or bytes for a line.')];
}

function lineChart(
  { title, valueOf, format }: Quantity,
  points: readonly HistoryPoint[],
  timeZone: string | undefined,
): LineChart | undefined {
  const known = points.flatMap((point) => valueOf(point) ?? []);
  const [first, second] = known;
  const last = known.at(-1);
  const [from, to] = [points[0], points.at(-1)];
  if (first === undefined || second === undefined || last === undefined) return undefined;
  if (from === undefined || to === undefined) return undefined;
  const times = { from: formatInstant(from.at, timeZone), to: formatInstant(to.at, timeZone) };
  const [low, high] = [known.reduce(smaller), known.reduce(larger)];
  return {
    title,
    spoken: l10n.t(
      '{0} over {1} refreshes from {2} to {3}: first {4}, last {5}, lowest {6}, highest {7}.',
      title,
      formatCount(points.length),
      times.from,
      times.to,
      ...[first, last, low, high].map(format),
    ),
    points: points.map((point) => ({ atMs: toEpochMs(point.at), value: numberOrNull(valueOf(point)) })),
    valueTicks: ticks(low, high, format),
    ...times,
    last: format(last),
  };
}

/**
 * Ends and middle of the axis of values. From the lowest to the highest value where their labels can tell the three apart;
 * else from zero, where a line that hardly moves is drawn as one.
 */
function ticks(low: bigint, high: bigint, format: (value: bigint) => string): LineChart['valueTicks'] {
  const close = tickValues(low, high);
  if (new Set(close.map(format)).size === close.length) return labelled(close, format);
  return labelled(high === 0n ? [0n, 1n] : tickValues(0n, high), format);
}

function tickValues(low: bigint, high: bigint): bigint[] {
  const middle = (low + high) / 2n;
  return middle === low || middle === high ? [low, high] : [low, middle, high];
}

function labelled(values: readonly bigint[], format: (value: bigint) => string): LineChart['valueTicks'] {
  return values.map((value) => ({ value: Number(value), label: format(value) }));
}

/** Newest first: that is what is looked for. */
function valueTable(points: readonly HistoryPoint[], timeZone: string | undefined): HistorySection['table'] {
  if (points.length === 0) return null;
  const unknown = l10n.t('not known');
  return {
    summary: l10n.t('All values'),
    caption: l10n.t('Rows and size at each refresh, the latest first'),
    headers: [l10n.t('Checked'), l10n.t('Rows'), l10n.t('Size'), l10n.t('Bytes')],
    rows: points
      .toReversed()
      .map(({ at, rows, sizeBytes }) => [
        formatInstant(at, timeZone),
        rows === null ? unknown : formatCount(rows),
        sizeBytes === null ? unknown : formatBytes(sizeBytes),
        sizeBytes === null ? unknown : formatCount(sizeBytes),
      ]),
  };
}

function numberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
