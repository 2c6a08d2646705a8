import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { TableModel } from '../../sources/tableModel.ts';
import { effectiveGrouping, GROUPINGS, type Grouping } from '../tree/arrangement.ts';
import { groupingLabel } from '../tree/arrangementTexts.ts';
import type { KeptArrangement } from '../tree/keptArrangement.ts';

/** Lets the user choose what the tables are grouped by. */
export async function groupBy(model: TableModel, arrangement: KeptArrangement): Promise<void> {
  const capabilities = model.source?.capabilities ?? { dataset: true, folder: true };
  const now = effectiveGrouping(arrangement.current.grouping, capabilities).grouping;
  const items: (vscode.QuickPickItem & { readonly grouping?: Grouping })[] = [];
  for (const grouping of GROUPINGS) {
    const { because } = effectiveGrouping(grouping, capabilities);
    if (because !== undefined) {
      // A sentence in the place of what this source can't do.
      const label =
        because === 'noDataset'
          ? l10n.t('Dataset: the Agnes server tells it to its administrators alone')
          : l10n.t('Folder: this source does not tell it');
      items.push({ label, kind: vscode.QuickPickItemKind.Separator });
      continue;
    }
    const mark = grouping === now ? { description: l10n.t('now') } : {};
    items.push({ label: groupingLabel(grouping), ...mark, grouping });
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Group By'),
    placeHolder: l10n.t('What do tables of one group have in common?'),
  });
  if (picked?.grouping !== undefined) await arrangement.change({ grouping: picked.grouping });
}
