// What the details panel and its page tell each other: types alone, for both sides. Every text is ready to be shown, in the
// user's language; what comes from tables, servers or files in it is untrusted, and is written as text and nothing else.

/** To the page. */
export interface ShowMessage {
  readonly kind: 'show';
  readonly content: DetailsContent;
  /** Told to screen readers, once; `null` for nothing. */
  readonly announcement: string | null;
  /** The section that gets the focus; `null` leaves it where it is. */
  readonly focus: 'lastError' | null;
}

/** To the host: what a person pressed, and that the page is there. Nothing in it is chosen by the page. */
export interface PanelMessage {
  readonly kind: 'ready' | ButtonAction;
}

/** What a button does. */
export type ButtonAction = 'refresh' | 'openConsole' | 'copyName' | 'helpLastError' | 'helpInspection';

export type DetailsContent = TableContent | AbsentContent;

/** In the place of a table that can't be shown any more. */
export interface AbsentContent {
  readonly kind: 'absent';
  /** A BCP 47 tag, such as `en`. */
  readonly language: string;
  readonly name: string;
  readonly sentence: string;
}

/** Everything that is shown of one table. */
export interface TableContent {
  readonly kind: 'table';
  /** A BCP 47 tag, such as `en`. */
  readonly language: string;
  readonly name: string;
  readonly state: StateMark;
  readonly buttons: readonly Button[];
  /** What is to be known before any number is believed. */
  readonly notices: readonly Notice[];
  readonly lastError: ErrorSection | null;
  readonly facts: FactsSection;
  readonly changes: TextSection | null;
  readonly documentation: DocumentationSection;
  readonly columns: ColumnsSection;
  readonly inspection: FactsSection;
  readonly history: HistorySection;
}

export type StateIcon = 'fresh' | 'stale' | 'error' | 'never_fetched' | 'refreshing';

/** The state as shape, word and colour. */
export interface StateMark {
  readonly icon: StateIcon;
  readonly word: string;
  /** Why it is so. */
  readonly reason: string;
}

export interface Button {
  readonly action: ButtonAction;
  readonly label: string;
  /** Why it can't be pressed; `null` where it can. */
  readonly obstacle: string | null;
}

export interface Notice {
  readonly severity: 'warning' | 'information';
  readonly text: string;
}

/** A heading with sentences below it. */
export interface TextSection {
  readonly heading: string;
  readonly sentences: readonly string[];
}

export interface ErrorSection extends TextSection {
  /** The words that were stored. */
  readonly words: string | null;
  readonly button: Button | null;
}

export interface FactsSection extends TextSection {
  readonly facts: readonly Fact[];
  readonly button: Button | null;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** Second line: when it was observed, an exact number, a reason. */
  readonly note: string | null;
  /** Text of a program, such as a name in BigQuery. */
  readonly isCode: boolean;
  /** Said with a mark, where the value is something to look at. */
  readonly severity: 'warning' | 'error' | null;
}

export interface DocumentationSection extends TextSection {
  /** Line breaks in them are kept. */
  readonly paragraphs: readonly { readonly label: string; readonly text: string }[];
  readonly gotchas: {
    readonly label: string;
    /** Word beside the most important ones. */
    readonly keyWord: string;
    readonly items: readonly { readonly text: string; readonly isKey: boolean }[];
  } | null;
}

export interface ColumnsSection extends TextSection {
  /** `null` where no column is shown. */
  readonly table: ColumnTable | null;
}

export interface ColumnTable {
  readonly caption: string;
  readonly headers: {
    readonly name: string;
    readonly type: string;
    readonly mode: string;
    readonly description: string;
  };
  /** Types, modes and descriptions are known; without them only names are shown. */
  readonly hasTypes: boolean;
  readonly rows: readonly ColumnRow[];
}

export interface ColumnRow {
  readonly name: string;
  /** Names of the records that a field is in, to be read before its own; empty for a column. */
  readonly parents: string;
  readonly depth: number;
  readonly type: string;
  readonly mode: string;
  readonly description: string;
  /** `partition`, `cluster 1`: words beside the name. */
  readonly marks: readonly string[];
}

export interface HistorySection extends TextSection {
  readonly charts: readonly LineChart[];
  readonly table: {
    /** What opens it. */
    readonly summary: string;
    readonly caption: string;
    readonly headers: readonly string[];
    readonly rows: readonly (readonly string[])[];
  } | null;
}

/** One quantity over time. */
export interface LineChart {
  readonly title: string;
  /** The chart in one sentence, for who does not see it. */
  readonly spoken: string;
  /** Oldest first; `value` is `null` where nothing is known, and the line has a gap there. */
  readonly points: readonly { readonly atMs: number; readonly value: number | null }[];
  /** Lowest first; the first and the last one are the ends of the axis. */
  readonly valueTicks: readonly { readonly value: number; readonly label: string }[];
  /** Labels of the two ends of the time axis. */
  readonly from: string;
  readonly to: string;
  /** The last known value, beside its point; `null` where there is none. */
  readonly last: string | null;
}
