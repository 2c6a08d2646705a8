import type * as vscode from 'vscode';
import { asFailure } from '../core/failure.ts';
import type { Log } from '../ports/log.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { showFailure } from './failureNotice.ts';
import type { Settings } from './settings.ts';
import type { SourceChoice, SourceFactory } from './sourceFactory.ts';

/** Key of the workspace's own choice, which comes before the setting. */
const CHOICE_KEY = 'agnesFreshness.source';
const SAMPLE = 'sample';

/** Puts the source that this workspace uses into the model, and remembers the choice. */
export class SourceController {
  readonly #model: TableModel;
  readonly #factory: SourceFactory;
  readonly #settings: Settings;
  readonly #state: vscode.Memento;
  readonly #log: Log;
  /** Counts openings: a late one is dropped. */
  #opening = 0;

  constructor(
    model: TableModel,
    factory: SourceFactory,
    settings: Settings,
    state: vscode.Memento,
    log: Log,
  ) {
    this.#model = model;
    this.#factory = factory;
    this.#settings = settings;
    this.#state = state;
    this.#log = log;
  }

  /** The workspace's own choice, else the setting's, else none. */
  get choice(): SourceChoice | undefined {
    const remembered = parseChoice(this.#state.get(CHOICE_KEY));
    if (remembered !== undefined) return remembered;
    const { database } = this.#settings;
    if (database === '') return undefined;
    return database === SAMPLE ? { kind: 'sample' } : { kind: 'file', path: database };
  }

  /** Remembers a choice for the workspace, and opens it. */
  async choose(choice: SourceChoice): Promise<void> {
    await this.#state.update(CHOICE_KEY, choice);
    await this.open();
  }

  /** Opens what is chosen and reads it. Never rejects: what is wrong is in the model. */
  async open(): Promise<void> {
    const { choice } = this;
    this.#opening += 1;
    const opening = this.#opening;
    if (choice === undefined) {
      this.#model.setSource(undefined);
      return;
    }
    try {
      const source = await this.#factory.open(choice);
      if (opening !== this.#opening) {
        source.dispose();
        return;
      }
      this.#model.setSource(source);
      await this.#model.load();
      this.#reportReading();
    } catch (error) {
      if (opening !== this.#opening) return;
      const failure = asFailure(error);
      this.#log.warn(`opening the source: ${failure.message}`);
      this.#model.setSource(undefined, failure);
    }
  }

  /** Reads the source again, or opens it where that failed. */
  async reload(): Promise<void> {
    if (this.#model.source === undefined) return this.open();
    await this.#model.load();
    this.#reportReading();
  }

  /** The welcome content can't name who holds the file, so a message does. */
  #reportReading(): void {
    const { failure, snapshot } = this.#model;
    if (failure === undefined) return;
    this.#log.warn(`reading the source: ${failure.message}`);
    if (snapshot === undefined && failure.holder !== undefined)
      void showFailure(failure, () => this.reload());
  }
}

/** Workspace state is what an earlier version wrote: checked like any input. */
function parseChoice(value: unknown): SourceChoice | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'sample') return { kind: 'sample' };
  if (value.kind === 'file' && 'path' in value && typeof value.path === 'string') {
    return { kind: 'file', path: value.path };
  }
  return undefined;
}
