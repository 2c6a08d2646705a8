import type { Clock } from '../../ports/clock.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import type { COMMANDS } from '../commandIds.ts';
import type { TablesView } from '../tablesView.ts';
import type { KeptArrangement } from '../tree/keptArrangement.ts';
import type { Pins } from '../tree/pins.ts';
import { quotedNames } from '../tree/quotedName.ts';
import { targetsOrSelected } from './commandTargets.ts';
import { copyFullNames, copyIds } from './copyNames.ts';
import { filterTables } from './filterTables.ts';
import { goToTable } from './goToTable.ts';
import { groupBy } from './groupBy.ts';
import { insertName } from './insertName.ts';
import { openInConsole } from './openInConsole.ts';
import { pinTables, unpinTables } from './pinTables.ts';
import { refreshTables } from './refreshTables.ts';
import { sortBy } from './sortBy.ts';

export interface TableCommandParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly view: TablesView;
  readonly arrangement: KeptArrangement;
  readonly pins: Pins;
}

/** What a command is called with: the clicked row or an id, and the selected rows. */
export type CommandHandler = (target: unknown, selected?: unknown) => unknown;

type TableCommand = Extract<
  keyof typeof COMMANDS,
  | 'refreshTable'
  | 'goToTable'
  | 'groupBy'
  | 'sortBy'
  | 'filter'
  | 'clearFilter'
  | 'pinTable'
  | 'unpinTable'
  | 'insertName'
  | 'copyId'
  | 'copyFullName'
  | 'openInConsole'
>;

/** The commands of the view "Tables" and of its rows, by their names in `COMMANDS`. */
export function tableCommands({
  model,
  clock,
  view,
  arrangement,
  pins,
}: TableCommandParts): Readonly<Record<TableCommand, CommandHandler>> {
  const idsOf = (target: unknown, selected: unknown): readonly string[] =>
    targetsOrSelected(target, selected, view);
  return {
    refreshTable: (target, selected) => refreshTables({ model, clock }, idsOf(target, selected)),
    goToTable: () => goToTable({ model, view, arrangement }),
    groupBy: () => groupBy(model, arrangement),
    sortBy: () => sortBy(arrangement),
    filter: () => filterTables(model, arrangement),
    clearFilter: () => arrangement.clearFilter(),
    pinTable: (target, selected) => pinTables(model, pins, idsOf(target, selected)),
    unpinTable: (target, selected) => unpinTables(model, pins, idsOf(target, selected)),
    insertName: (target, selected) => insertName(quotedNames(model, idsOf(target, selected))),
    copyId: (target, selected) => copyIds(idsOf(target, selected)),
    copyFullName: (target, selected) => copyFullNames(model, idsOf(target, selected)),
    openInConsole: (target, selected) => openInConsole(model, idsOf(target, selected)[0]),
  };
}
