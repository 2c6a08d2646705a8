import type { Disposable } from '../../core/disposable.ts';
import type { ShowMessage } from '../../webview/details/detailsMessages.ts';
import { DetailsPanel, type PanelParts } from './detailsPanel.ts';
import { RecentlyShown } from './recentlyShown.ts';

/** Panels that are open at once; then the one that was shown longest ago makes room. */
const MAX_PANELS = 10;

/** The details panels of this window: one a table. */
export class DetailsPanels implements Disposable {
  readonly #parts: PanelParts;
  readonly #panels = new RecentlyShown<DetailsPanel>(MAX_PANELS);

  constructor(parts: PanelParts) {
    this.#parts = parts;
  }

  /** Opens the panel of a table, or brings the open one to the front. */
  show(tableId: string, focus: ShowMessage['focus']): void {
    const key = `${this.#parts.model.source?.id ?? ''}\n${tableId}`;
    const panel = this.#panels.show(key, () => {
      const made: DetailsPanel = new DetailsPanel(this.#parts, tableId, () => this.#panels.forget(key, made));
      return made;
    });
    panel.reveal(focus);
  }

  /** Something that panels show changed without the model's telling of it, such as a setting: they show it at once. */
  update(): void {
    for (const panel of this.#panels.items) panel.update();
  }

  dispose(): void {
    this.#panels.dispose();
  }
}
