import * as vscode from 'vscode';
import type { Freshness } from '../../core/freshness.ts';
import type { TableView } from '../../sources/tableView.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { countTables } from '../runTexts.ts';
import type { TableGroup } from './tableGroups.ts';
import { datasetDescription } from './tableTexts.ts';

/** The row of a group. */
export function groupItem({ grouping, key, views }: TableGroup): vscode.TreeItem {
  return grouping === 'dataset' ? datasetItem(key, views) : freshnessItem(key as Freshness, views);
}

function datasetItem(dataset: string, views: readonly TableView[]): vscode.TreeItem {
  const item = new vscode.TreeItem(dataset, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `dataset:${dataset}`;
  item.iconPath = new vscode.ThemeIcon('database');
  item.contextValue = 'dataset';
  item.description = datasetDescription(views);
  item.tooltip = `${dataset}: ${item.description}`;
  item.accessibilityInformation = { label: `Dataset ${dataset}, ${item.description}` };
  return item;
}

function freshnessItem(state: Freshness, views: readonly TableView[]): vscode.TreeItem {
  const { word } = FRESHNESS_LOOKS[state];
  const label = word.charAt(0).toUpperCase() + word.slice(1);
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `freshness:${state}`;
  // No icon: each of its rows has the state's own.
  item.contextValue = 'freshness';
  item.description = countTables(views.length);
  item.tooltip = 'Grouped by freshness: the Agnes server tells datasets to its administrators alone.';
  item.accessibilityInformation = { label: `${label}, ${item.description}` };
  return item;
}
