import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Disposable } from '../core/disposable.ts';
import { asFailure } from '../core/failure.ts';
import { describeFailure } from '../core/failureTexts.ts';
import type { Log } from '../ports/log.ts';
import type { MetadataSource } from '../sources/metadataSource.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { TABLES_VIEW } from './commandIds.ts';
import { showFailure, showFlightUnavailable } from './failureNotice.ts';
import type { Settings } from './settings.ts';
import { nameOfChoice, parseChoice, type SourceChoice } from './sourceChoice.ts';
import type { SourceFactory } from './sourceFactory.ts';

/** Key of the workspace's own choice, which comes before the setting. */
const CHOICE_KEY = 'agnesFreshness.source';
const SAMPLE = 'sample';

/** Puts the source that this workspace uses into the model, and remembers the choice. */
export class SourceController implements Disposable {
  readonly #model: TableModel;
  readonly #factory: SourceFactory;
  readonly #settings: Settings;
  readonly #state: vscode.Memento;
  readonly #log: Log;
  /** Counts openings: a late one is dropped. */
  #opening = 0;
  /** Counts choices and openings: a choice that something later overtook is dropped. */
  #choosing = 0;
  #disposed = false;
  /** What is open, to leave it alone when a setting changes that it does not come from. */
  #opened = '';

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

  /** The setting's value while the workspace's own choice comes before it. */
  get overriddenSetting(): string | undefined {
    const { database } = this.#settings;
    return database !== '' && parseChoice(this.#state.get(CHOICE_KEY)) !== undefined ? database : undefined;
  }

  /**
   * Opens a choice and remembers it for the workspace; one that can't be opened leaves everything as it is.
   *
   * @param signIn signs in anew to the server of the choice: it need not be the one that is open
   */
  async choose(choice: SourceChoice, signIn?: () => unknown): Promise<void> {
    this.#choosing += 1;
    const choosing = this.#choosing;
    let source: MetadataSource | undefined;
    try {
      source = await this.#factory.open(choice);
      await readable(source);
      // A later choice counts, also when it was read sooner.
      if (choosing === this.#choosing) await this.#state.update(CHOICE_KEY, choice);
      if (choosing !== this.#choosing) {
        source.dispose();
        return;
      }
      this.#opening += 1;
      this.#opened = JSON.stringify(choice);
      await this.#show(source);
    } catch (error) {
      source?.dispose();
      if (choosing !== this.#choosing) return;
      const failure = asFailure(error);
      this.#log.warn(`opening ${nameOfChoice(choice)}: ${failure.message}`);
      const retry = (): Promise<void> => this.choose(choice, signIn);
      const before = l10n.t('It was not opened: {0}', nameOfChoice(choice));
      void showFailure(failure, retry, { before, ...(signIn === undefined ? {} : { signIn }) });
    }
  }

  /** Opens a choice and remembers it, readable or not: what is wrong is in the model. */
  async reopen(choice: SourceChoice): Promise<void> {
    this.close();
    await this.#state.update(CHOICE_KEY, choice);
    await this.open();
  }

  /** Closes what is open; the choice stays. */
  close(): void {
    this.#opening += 1;
    this.#choosing += 1;
    this.#model.setSource(undefined);
  }

  /** Another window, or this one, signed in to a server or out of it, or somebody else is signed in there. */
  async signInChanged(origin: string): Promise<void> {
    const { choice } = this;
    if (choice?.kind === 'server' && choice.origin === origin) await this.open();
  }

  /** Forgets the workspace's own choice: the setting counts again. */
  async useSetting(): Promise<void> {
    await this.#state.update(CHOICE_KEY, undefined);
    await this.open();
  }

  /** Opens what is chosen and reads it. Never rejects: what is wrong is in the model. */
  async open(): Promise<void> {
    const { choice } = this;
    this.#opened = JSON.stringify(choice ?? null);
    this.#opening += 1;
    this.#choosing += 1;
    const opening = this.#opening;
    if (choice === undefined) {
      this.#model.setSource(undefined);
      return;
    }
    try {
      const source = await this.#factory.open(choice);
      if (opening === this.#opening) await this.#show(source);
      else source.dispose();
    } catch (error) {
      if (opening !== this.#opening) return;
      const failure = asFailure(error);
      this.#log.warn(`opening ${nameOfChoice(choice)}: ${failure.message}`);
      this.#model.setSource(undefined, { failure, label: nameOfChoice(choice) });
    }
  }

  /** Opens what is chosen, unless that is what is open. */
  async openIfChanged(): Promise<void> {
    if (JSON.stringify(this.choice ?? null) !== this.#opened) await this.open();
  }

  async #show(source: MetadataSource): Promise<void> {
    if (this.#disposed) {
      source.dispose();
      return;
    }
    source.onFlightUnavailable((failure) => void showFlightUnavailable(failure));
    this.#model.setSource(source);
    await this.#read();
  }

  /** Reads the source again because a person asked for it, or opens it where that failed. */
  reload(): Promise<void> {
    return this.#model.source === undefined ? this.open() : this.#read(true);
  }

  async #read(asked = false): Promise<void> {
    await vscode.window.withProgress({ location: { viewId: TABLES_VIEW } }, () =>
      this.#model.load({ asked }),
    );
    const { failure, snapshot, label } = this.#model;
    if (failure === undefined) {
      this.#log.info(`read ${label ?? ''}: ${snapshot?.rows.length ?? 0} tables`);
      return;
    }
    this.#log.warn(`reading ${label ?? ''}: ${failure.message}`);
    // The welcome content can't name who holds the file, so a message does.
    if (snapshot === undefined && failure.holder !== undefined) {
      void showFailure(failure, () => this.reload());
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#opening += 1;
    this.#choosing += 1;
  }
}

/** Rejects for a source that will not be readable later either; one that is only in use is worth choosing. */
async function readable(source: MetadataSource): Promise<void> {
  try {
    await source.load();
  } catch (error) {
    const failure = asFailure(error);
    if (!describeFailure(failure).mayPass) throw failure;
  }
}
