import * as vscode from 'vscode';
import type { ArrangedGroup, GroupKind } from './arrangeTables.ts';
import { groupTexts } from './groupTexts.ts';
import { groupContext } from './rowContext.ts';

/** Ids of product icons. Rows of a state have the state's own, so their group needs none, nor does a part of a group. */
const ICONS: Readonly<Partial<Record<GroupKind, string>>> = {
  pinned: 'pinned',
  dataset: 'database',
  folder: 'folder',
};

/**
 * The row of a group.
 *
 * @param isOpen whether its rows are in sight when it is drawn for the first time; later VS Code keeps that by itself
 */
export function groupItem(group: ArrangedGroup, isOpen: boolean): vscode.TreeItem {
  const { label, description, tooltip, spoken } = groupTexts(group);
  const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(label, isOpen ? Expanded : Collapsed);
  item.id = `group:${group.key}`;
  const icon = ICONS[group.kind];
  if (icon !== undefined) item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = groupContext(group);
  item.description = description;
  item.tooltip = tooltip;
  item.accessibilityInformation = { label: spoken };
  return item;
}
