import { Emitter } from '../../core/emitter.ts';
import { NO_FILTER, boundedFilter, parseArrangement, type Arrangement } from './arrangement.ts';
import type { KeptState } from './pins.ts';

const KEY = 'agnesFreshness.arrangement';

/** How this workspace lays its tables out; kept in its state. */
export class KeptArrangement {
  readonly #state: KeptState;
  readonly #change = new Emitter<void>();
  readonly onDidChange = this.#change.event;
  #current: Arrangement;

  constructor(state: KeptState) {
    this.#state = state;
    this.#current = parseArrangement(state.get(KEY));
  }

  get current(): Arrangement {
    return this.#current;
  }

  /** Changes a part of it, shows that, and resolves when it is kept. */
  async change(part: Partial<Arrangement>): Promise<void> {
    const next = { ...this.#current, ...part };
    this.#current = { ...next, filter: boundedFilter(next.filter) };
    this.#change.fire();
    await this.#state.update(KEY, this.#current);
  }

  /** Shows every table again. */
  clearFilter(): Promise<void> {
    return this.change({ filter: NO_FILTER });
  }
}
