import * as l10n from '@vscode/l10n';
import { countFreshness, type FreshnessCounts } from '../core/freshness.ts';
import { formatCount } from '../core/humanize.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { TableView } from '../sources/tableView.ts';
import { countInState } from './freshnessWords.ts';

/** Tables that a person should look at, each counted once. */
export interface Attention {
  readonly error: number;
  readonly stale: number;
  /** Fresh, but the last attempt failed: they will not stay fresh. */
  readonly failed: number;
}

/** Counts the tables that need attention. */
export function countAttention(views: Iterable<TableView>): Attention {
  const counts = { error: 0, stale: 0, failed: 0 };
  for (const { freshness, lastAttemptFailed } of views) {
    if (freshness === 'error' || freshness === 'stale') counts[freshness] += 1;
    else if (freshness === 'fresh' && lastAttemptFailed) counts.failed += 1;
  }
  return counts;
}

/** Number on the view's icon, with the words that are spoken for it; `undefined` where nothing needs attention. */
export function attentionBadge({
  error,
  stale,
  failed,
}: Attention): { readonly value: number; readonly tooltip: string } | undefined {
  const value = error + stale + failed;
  if (value === 0) return undefined;
  const parts: string[] = [];
  if (error > 0) parts.push(countInState('error', error));
  if (stale > 0) parts.push(countInState('stale', stale));
  if (failed > 0) parts.push(l10n.t('{0} failed at the last attempt', formatCount(failed)));
  const list = parts.join(', ');
  const tooltip =
    value === 1
      ? l10n.t('1 table needs attention: {0}', list)
      : l10n.t('{0} tables need attention: {1}', formatCount(value), list);
  return { value, tooltip };
}

/** Tables that badge and status bar count. */
export interface CountedTables {
  readonly views: Iterable<TableView>;
  readonly counts: FreshnessCounts;
  /** Only the pinned ones. */
  readonly pinnedOnly: boolean;
}

/**
 * The tables to count: the pinned ones where that is set, else all. With no table pinned there would be nothing to say, so
 * then all count too.
 */
export function countedTables(
  model: TableModel,
  pinned: ReadonlySet<string>,
  pinnedOnly: boolean,
): CountedTables {
  const views = pinnedOnly ? [...pinned].flatMap((id) => model.table(id) ?? []) : [];
  if (views.length > 0) return { views, counts: countFreshness(views), pinnedOnly: true };
  return { views: model.tables, counts: model.counts, pinnedOnly: false };
}
