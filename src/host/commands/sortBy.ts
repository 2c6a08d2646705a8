import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { SORT_KEYS } from '../tree/arrangement.ts';
import { sortLabel } from '../tree/arrangementTexts.ts';
import type { KeptArrangement } from '../tree/keptArrangement.ts';

/** Lets the user choose what the tables are sorted by. */
export async function sortBy(arrangement: KeptArrangement): Promise<void> {
  const items = SORT_KEYS.map((sort) => {
    const mark = sort === arrangement.current.sort ? { description: l10n.t('now') } : {};
    return { ...sortLabel(sort), ...mark, sort };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Sort By'),
    placeHolder: l10n.t('Which tables stand first?'),
  });
  if (picked !== undefined) await arrangement.change({ sort: picked.sort });
}
