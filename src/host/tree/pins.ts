import { Emitter } from '../../core/emitter.ts';

/** Where a workspace keeps small things: VS Code's `Memento`, as far as it is used. */
export interface KeptState {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void> | Promise<void>;
}

/** Tables that can be pinned in one source. */
export const MAX_PINS = 500;
/** Sources whose pins are kept: those that were changed last. */
const MAX_SOURCES = 20;
const MAX_ID_LENGTH = 1_000;
const KEY = 'agnesFreshness.pinned';

const NONE: ReadonlySet<string> = new Set();

/** Tables that this workspace has pinned, by source. */
export class Pins {
  readonly #state: KeptState;
  readonly #change = new Emitter<void>();
  /** Tables were pinned or unpinned. */
  readonly onDidChange = this.#change.event;
  #bySource: Map<string, ReadonlySet<string>>;

  constructor(state: KeptState) {
    this.#state = state;
    this.#bySource = parsePins(state.get(KEY));
  }

  /** Ids of the pinned tables of a source, in the order in which they were pinned. */
  of(sourceId: string | undefined): ReadonlySet<string> {
    return sourceId === undefined ? NONE : (this.#bySource.get(sourceId) ?? NONE);
  }

  /**
   * Pins tables.
   *
   * @param isKnown whether a table is there still: where there is no more room, pins of tables that went make some
   * @returns whether all found room; where not, nothing is pinned
   */
  async pin(
    sourceId: string,
    tableIds: readonly string[],
    isKnown: (id: string) => boolean,
  ): Promise<boolean> {
    const wanted = new Set([
      ...this.of(sourceId),
      ...tableIds.filter(({ length }) => length <= MAX_ID_LENGTH),
    ]);
    const kept = wanted.size <= MAX_PINS ? wanted : new Set([...wanted].filter(isKnown));
    if (kept.size > MAX_PINS) return false;
    await this.#set(sourceId, kept);
    return true;
  }

  /** Takes pins away. */
  async unpin(sourceId: string, tableIds: readonly string[]): Promise<void> {
    const gone = new Set(tableIds);
    await this.#set(sourceId, new Set([...this.of(sourceId)].filter((id) => !gone.has(id))));
  }

  async #set(sourceId: string, ids: ReadonlySet<string>): Promise<void> {
    const bySource = new Map(this.#bySource);
    bySource.delete(sourceId); // to the end: it is the one that was changed last
    if (ids.size > 0) bySource.set(sourceId, ids);
    this.#bySource = new Map([...bySource].slice(-MAX_SOURCES));
    this.#change.fire();
    const stored = Array.from(this.#bySource, ([source, pinned]) => ({ source, ids: [...pinned] }));
    await this.#state.update(KEY, stored);
  }
}

/** Pins as workspace state has them: what an earlier version or another program wrote, so it is checked. */
function parsePins(stored: unknown): Map<string, ReadonlySet<string>> {
  const bySource = new Map<string, ReadonlySet<string>>();
  for (const entry of (Array.isArray(stored) ? stored : []).slice(-MAX_SOURCES) as unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('ids' in entry)) continue;
    if (typeof entry.source !== 'string' || !Array.isArray(entry.ids)) continue;
    const ids = entry.ids.filter(
      (id: unknown): id is string => typeof id === 'string' && id.length <= MAX_ID_LENGTH,
    );
    bySource.set(entry.source, new Set(ids.slice(0, MAX_PINS)));
  }
  return bySource;
}
