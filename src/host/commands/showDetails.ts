import * as l10n from '@vscode/l10n';
import type { Disposable } from '../../core/disposable.ts';
import type { DetailsPanels } from '../details/detailsPanels.ts';
import type { PanelParts } from '../details/detailsPanel.ts';
import { LazyPart } from '../lazyPart.ts';
import { targetTableIds } from './commandTargets.ts';
import { showNothingSelected } from './nothingSelected.ts';
import { pickTable } from './pickTable.ts';

/** Opens details panels; their code loads with the first one. */
export class DetailsCommands implements Disposable {
  readonly #parts: PanelParts;
  readonly #panels: LazyPart<DetailsPanels>;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#panels = new LazyPart(async () => {
      const { DetailsPanels } = await import('../details/detailsPanels.ts');
      return new DetailsPanels(parts);
    });
  }

  /** Shows the details of the row's table, the one named by id, or one picked from a list. */
  async showDetails(target: unknown): Promise<void> {
    const [clicked] = targetTableIds(target);
    const tableId =
      clicked ?? (await pickTable(this.#parts.model, l10n.t('Show Details'), l10n.t('Table to look at')));
    if (tableId !== undefined) (await this.#panels.get()).show(tableId, null);
  }

  /** The same for the row's table, with its last error in sight. */
  async revealLastError(target: unknown): Promise<void> {
    const [tableId] = targetTableIds(target);
    if (tableId === undefined) showNothingSelected();
    else (await this.#panels.get()).show(tableId, 'lastError');
  }

  /** Something that open panels show changed without the model's telling of it, such as a setting. */
  update(): void {
    this.#panels.loaded?.update();
  }

  dispose(): void {
    this.#panels.dispose();
  }
}
