import { isDeepStrictEqual } from 'node:util';
import * as l10n from '@vscode/l10n';
import type { TableDetails, TableInspection } from '../../core/cachedMetadata.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { singleLine } from '../../core/displayText.ts';
import { Emitter } from '../../core/emitter.ts';
import { describeFailure, describeReason, type FailureAction } from '../../core/failureTexts.ts';
import { formatInstant } from '../../core/humanize.ts';
import { formatAddress, type TableAddress } from '../../core/tableAddress.ts';
import type { HistoryPoint } from '../../core/tableFacts.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../../core/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetadataSource } from '../../sources/metadataSource.ts';
import type { ModelChange, TableModel } from '../../sources/tableModel.ts';
import type { TableView } from '../../sources/tableView.ts';
import type { DetailsContent } from '../../webview/details/detailsMessages.ts';
import { ChangeBuffer } from '../changeBuffer.ts';
import { showsPolicied } from '../policiedColumns.ts';
import { announcementOf } from './announcement.ts';
import { absentContent, LongParts, nameOf, tableContent } from './detailsContent.ts';
import { sameButNow, type DetailsInput } from './detailsInput.ts';
import { lastErrorAction } from './errorContent.ts';
import { LatestLoad } from './latestLoad.ts';

/** While nothing else changes, ages go on in steps of this: less than the model's own pace of half a minute. */
const AGE_STEP: EpochMicros = 15n * MICROS_PER_SECOND;

export interface FeedParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly isAdministrator: () => boolean;
  /** A BCP 47 tag: the language that texts come in. */
  readonly language: string;
}

/** What is to be shown now, and what a screen reader says of the change. */
export interface FeedUpdate {
  readonly content: DetailsContent;
  readonly announcement: string | null;
}

/**
 * The details of one table as they are now: follows the model, reads what the model does not hold, and tells when anything
 * of it reads differently. While it is not shown it does nothing, and afterwards catches up. It belongs to the source that was
 * open when it began.
 */
export class TableFeed implements Disposable {
  readonly tableId: string;
  readonly #parts: FeedParts;
  readonly #source: { readonly id: string; readonly label: string } | undefined;
  /** The source as it was last read from: the same one may be opened anew. */
  #readFrom: MetadataSource | undefined;
  readonly #change = new Emitter<FeedUpdate>();
  readonly onDidChange = this.#change.event;
  readonly #owned = new DisposableStore();
  readonly #changes: ChangeBuffer;
  readonly #details: LatestLoad<TableDetails>;
  readonly #inspection: LatestLoad<TableInspection>;
  readonly #history: LatestLoad<readonly HistoryPoint[]>;
  #memory: Disposable | undefined;
  /** Time of the refresh that it was read after; `null` before the first one. */
  #readFor: EpochMicros | null | undefined;
  /** The table as it was when it was told last. */
  #toldOf: TableView | undefined;
  #name: string;
  #told: DetailsContent;
  /** What that was made of; `undefined` where the table was not there. */
  #toldInput: DetailsInput | undefined;
  readonly #longParts = new LongParts();
  #isShown = true;
  /** What is read beside the model may have changed while nobody saw it. */
  #isBehind = false;
  /** Which table in BigQuery was asked about last; `undefined` before the first question. */
  #inspectedAddress: string | undefined;
  /** BigQuery was to be asked while nobody saw it. */
  #owesInspection = false;

  constructor(parts: FeedParts, tableId: string) {
    this.#parts = parts;
    this.tableId = tableId;
    const { model, clock } = parts;
    this.#source = model.source && { id: model.source.id, label: model.source.label };
    this.#name = nameOf({ name: tableId, id: tableId });
    this.#changes = this.#owned.add(new ChangeBuffer(clock, () => this.#tell()));
    const changed = (): void => this.#changed();
    this.#details = this.#owned.add(new LatestLoad(changed));
    this.#inspection = this.#owned.add(new LatestLoad(changed));
    this.#history = this.#owned.add(new LatestLoad(changed));
    this.#owned.add(this.#change);
    this.#owned.add(model.onDidChange((change) => this.#onModelChange(change)));
    this.#follow();
    this.#toldInput = this.#input();
    this.#told = this.#contentOf(this.#toldInput);
  }

  /** Name of the table, as one line. */
  get name(): string {
    return this.#name;
  }

  /** The same, short enough for a tab. */
  get title(): string {
    return singleLine(this.#name, 60);
  }

  /** The source that it belongs to is the one that is open. */
  get isSourceOpen(): boolean {
    return this.#openSource() !== undefined;
  }

  /** What to show now. */
  content(): DetailsContent {
    return this.#contentOf(this.#input());
  }

  /** Whether anybody sees it. It is shown when it begins. */
  setShown(isShown: boolean): void {
    if (this.#isShown === isShown) return;
    this.#isShown = isShown;
    if (!isShown) {
      this.#changes.clear();
      return;
    }
    // The page is read from its top: what happened meanwhile is not told besides.
    this.#toldOf = this.#view();
    this.#follow({ isShownAgain: true });
    this.#changed();
  }

  /** Something changed that the model does not tell of, such as a setting: tells at once. */
  update(): void {
    this.#tell();
  }

  #onModelChange(change: ModelChange): void {
    const { source } = this.#parts.model;
    if (!this.#isShown) {
      if (source !== this.#readFrom) this.#leave();
      else if (change.kind === 'all') this.#isBehind = true;
      return;
    }
    if (change.kind === 'tables' && !change.ids.includes(this.tableId)) return;
    // A run tells of its progress many times a second.
    if (change.kind === 'status' && this.#isAsTold()) return;
    // Rows came or went, or the source itself changed: what is written of the table may have, too.
    if (change.kind === 'all' && source === this.#readFrom) this.#readDetails();
    this.#follow();
    this.#changed();
  }

  #changed(): void {
    if (this.#isShown) this.#changes.add([this.tableId]);
  }

  /** Nothing that is shown is another, but for ages, which the model judges at least twice a minute. */
  #isAsTold(): boolean {
    const [told, input] = [this.#toldInput, this.#input()];
    if (told === undefined || input === undefined) return false;
    const passed = input.now - told.now;
    return passed >= 0n && passed < AGE_STEP && sameButNow(told, input);
  }

  #openSource(): MetadataSource | undefined {
    const { source } = this.#parts.model;
    return source?.id === this.#source?.id ? source : undefined;
  }

  /** The table as its own source has it. */
  #view(): TableView | undefined {
    return this.isSourceOpen ? this.#parts.model.table(this.tableId) : undefined;
  }

  /** What the content is made of now; `undefined` where the table is not there. */
  #input(): DetailsInput | undefined {
    const { model, language } = this.#parts;
    const [source, view] = [this.#openSource(), this.#view()];
    if (source === undefined || view === undefined) return undefined;
    return {
      view,
      now: model.now(),
      language,
      timeZone: undefined,
      policy: source.policy(),
      capabilities: source.capabilities,
      isServer: source.server !== undefined,
      showsPolicied: showsPolicied(model, this.#parts.isAdministrator),
      address: source.addressOf(view.registration),
      sourceNote: this.#sourceNote(),
      refreshObstacle: model.snapshot?.refreshObstacle,
      details: this.#details.state,
      inspection: this.#inspection.state,
      history: this.#history.state.value,
    };
  }

  #contentOf(input: DetailsInput | undefined): DetailsContent {
    if (input !== undefined) return tableContent(input, this.#longParts);
    const sentence = this.isSourceOpen ? this.#missingSentence() : this.#elsewhereSentence();
    return absentContent(this.#name, this.#parts.language, sentence);
  }

  /** Where the table is in BigQuery; `undefined` where that is not known, or the table is not shown any more. */
  address(): TableAddress | undefined {
    const view = this.#view();
    return view && this.#openSource()?.addressOf(view.registration);
  }

  /** What can be done about the last error of the table. */
  lastErrorAction(): FailureAction | undefined {
    const view = this.#view();
    return view && lastErrorAction(view);
  }

  /** What can be done about BigQuery's not having told the rest. */
  inspectionAction(): FailureAction | undefined {
    const { failure } = this.#inspection.state;
    return failure && describeFailure(failure).action;
  }

  /** Asks BigQuery anew: at once, or as soon as somebody sees it. */
  inspectAgain(): void {
    this.#owesInspection = !this.#isShown;
    const [source, view] = [this.#openSource(), this.#view()];
    if (!this.#isShown || source?.capabilities.columnTypes !== true || view === undefined) return;
    this.#inspectedAddress = addressText(source, view);
    this.#inspection.start((signal) => this.#inspect(source, view, signal));
  }

  async #inspect(source: MetadataSource, view: TableView, signal: AbortSignal): Promise<TableInspection> {
    const inspection = await source.inspect(view.registration, signal);
    const { lastModified: at, observedAt } = inspection;
    // The tree judges the age of the data by it too, but the numbers there are of another table where it was re-pointed.
    if (at !== null && !signal.aborted && !view.repointed) {
      source.memory.observeInspection(this.tableId, { at, observedAt });
    }
    return inspection;
  }

  /**
   * Reads what belongs to the table as it is now, where that is another state of it than the one before. BigQuery is asked when
   * somebody begins to look (decisions, "Lean reads"), and of another table, but not after each refresh.
   */
  #follow({ isShownAgain } = { isShownAgain: false }): void {
    const source = this.#openSource();
    if (source === undefined) {
      this.#leave();
      return;
    }
    if (this.#readFrom !== source) this.#attach(source);
    const view = this.#view();
    if (view === undefined) return;
    this.#name = nameOf(view.registration);
    this.#toldOf ??= view;
    const refreshedAt = view.cached?.refreshedAt ?? null;
    const isRefreshed = this.#readFor !== refreshedAt;
    if (isRefreshed || this.#isBehind) {
      this.#readFor = refreshedAt;
      this.#isBehind = false;
      this.#readDetails();
      this.#readHistory();
    }
    const isOther = this.#inspectedAddress !== addressText(source, view);
    // Also what a server allows: that is known only after its first reading.
    if (isOther || (isShownAgain && isRefreshed) || this.#owesInspection) this.inspectAgain();
  }

  #attach(source: MetadataSource): void {
    this.#leave();
    this.#readFrom = source;
    this.#memory = source.memory.onDidChange((ids) => {
      if (!ids.includes(this.tableId)) return;
      if (this.#isShown) this.#readHistory();
      else this.#isBehind = true;
    });
  }

  #leave(): void {
    this.#memory?.dispose();
    this.#memory = undefined;
    this.#readFrom = undefined;
    this.#readFor = undefined;
    this.#toldOf = undefined;
    this.#inspectedAddress = undefined;
    for (const load of [this.#details, this.#inspection, this.#history]) load.reset();
  }

  #readDetails(): void {
    const source = this.#readFrom;
    if (source === undefined) return;
    this.#details.start(async (signal) => (await source.details(this.tableId, signal)) ?? undefined);
  }

  #readHistory(): void {
    const source = this.#readFrom;
    if (source !== undefined) this.#history.start(() => source.memory.history(this.tableId));
  }

  #sourceNote(): string | undefined {
    const { failure, snapshot } = this.#parts.model;
    if (failure === undefined || snapshot === undefined) return undefined;
    const { message } = describeFailure(failure);
    return l10n.t('{0} What is shown here is of {1}.', message, formatInstant(snapshot.readAt));
  }

  #elsewhereSentence(): string {
    const label = this.#source?.label;
    return label === undefined
      ? l10n.t('No source of tables is open.')
      : l10n.t('This table is from {0}, which is not open any more.', label);
  }

  #missingSentence(): string {
    const { failure, snapshot } = this.#parts.model;
    if (snapshot !== undefined) return describeReason('unknownTable').message;
    return failure === undefined ? l10n.t('Reading the tables…') : describeFailure(failure).message;
  }

  #tell(): void {
    if (!this.#isShown) return;
    const input = this.#input();
    const content = this.#contentOf(input);
    const announcement = announcementOf(this.#toldOf, input?.view);
    this.#toldOf = input?.view;
    this.#toldInput = input;
    if (announcement === null && isDeepStrictEqual(content, this.#told)) return;
    this.#told = content;
    this.#change.fire({ content, announcement });
  }

  dispose(): void {
    this.#isShown = false;
    this.#memory?.dispose();
    this.#owned.dispose();
  }
}

/** Names of two tables differ wherever the tables do. */
function addressText(source: MetadataSource, { registration }: TableView): string {
  const address = source.addressOf(registration);
  return address === undefined ? '' : formatAddress(address);
}
