import * as l10n from '@vscode/l10n';
import type { TableDetails } from '../../core/cachedMetadata.ts';
import { singleLine } from '../../core/displayText.ts';
import type { AgnesFailure } from '../../core/failure.ts';
import { describeFailure, describeReason } from '../../core/failureTexts.ts';
import { turnsStaleAt } from '../../core/freshness.ts';
import { formatAge, formatBytes, formatCount, formatInstant, formatSpan } from '../../core/humanize.ts';
import { parseFullyQualifiedName } from '../../core/tableAddress.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { TableView } from '../../sources/tableView.ts';
import { changeSentences } from '../changeTexts.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { hidesColumns } from '../policiedColumns.ts';
import { nextRunText, type NextRun } from '../nextRun.ts';

/** Names in a tooltip; the rest is a number. */
const MAX_LISTED_COLUMNS = 40;
/** Code points of a text that somebody wrote about the table. */
const MAX_DOCUMENTATION = 300;

export interface TooltipContext {
  readonly now: EpochMicros;
  readonly thresholdSeconds: bigint;
  /** The Agnes server judges, not this extension's settings. */
  readonly judgedByServer: boolean;
  /** Where a table is in BigQuery is known here. */
  readonly addressKnown: boolean;
  readonly nextRun: NextRun;
  /** The numbers are of this time, not of now: the source can't be read. */
  readonly asOf: EpochMicros | undefined;
  /** `undefined` where they could not be read, with the reason in `detailsFailure`. */
  readonly details: TableDetails | undefined;
  readonly detailsFailure: AgnesFailure | undefined;
  /** Column-level facts of a table with an access policy are shown (decisions, "Policied rows"). */
  readonly administrator: boolean;
}

/**
 * Markdown of a table's tooltip: why it has its colour, what to beware of, then every cached field. Text from data stands
 * in code spans or escaped: nothing in it is read as Markdown, as a link or as HTML.
 */
export function tableTooltip(view: TableView, context: TooltipContext): string {
  const blocks = [
    l10n.t('**{0}** — {1}', FRESHNESS_LOOKS[view.freshness].word, freshnessReason(view, context)),
    ...warnings(view, context),
    ...attemptNotes(view, context),
    fieldList(view, context),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function freshnessReason({ cached, freshness }: TableView, context: TooltipContext): string {
  const { now, thresholdSeconds, judgedByServer, nextRun, asOf } = context;
  const span = formatSpan(thresholdSeconds);
  const threshold = judgedByServer ? l10n.t('{0} by the rule of the Agnes server', span) : span;
  const parts: string[] = [];
  if (cached?.refreshedAt != null) {
    parts.push(
      l10n.t('checked {0} ({1})', formatAge(cached.refreshedAt, now), formatInstant(cached.refreshedAt)),
    );
    const staleAt = turnsStaleAt(cached, thresholdSeconds);
    if (freshness === 'stale') parts.push(l10n.t('stale after {0}', threshold));
    else if (staleAt !== undefined)
      parts.push(l10n.t('turns stale after {0}, at {1}', threshold, formatInstant(staleAt)));
  } else if (freshness === 'error') parts.push(l10n.t('no attempt has succeeded yet'));
  else parts.push(l10n.t('nobody has asked BigQuery for it yet'));
  parts.push(nextRunText(nextRun, now));
  if (asOf !== undefined) parts.push(l10n.t('as of {0}', formatInstant(asOf)));
  return parts.join('; ');
}

/** What of the numbers is not what one would think. */
function warnings(view: TableView, context: TooltipContext): string[] {
  const { registration, dataAge, change } = view;
  const notes: string[] = [];
  if (view.repointed) {
    notes.push(
      l10n.t(
        '**Points elsewhere now**: the registration was changed since the last refresh, and the numbers are of the table before it.',
      ),
    );
  }
  if (dataAge?.verdict === 'error') {
    notes.push(
      l10n.t('**Data too old**: it should not be older than {0}.', formatSpan(dataAge.limitSeconds)),
    );
  } else if (dataAge?.verdict === 'warn') {
    notes.push(l10n.t('**Data getting old**: it is older than {0}.', formatSpan(dataAge.limitSeconds)));
  }
  if (change !== undefined) {
    const hidden = hidesColumns(registration, context.administrator);
    const sentences = changeSentences(change.what, hidden).map(plainMarkdown).join(' ');
    notes.push(l10n.t('**Changed** at the refresh {0}: {1}', formatAge(change.at, context.now), sentences));
  }
  return notes;
}

function attemptNotes(view: TableView, { now }: TooltipContext): string[] {
  const { cached, unstoredAttempt, lastErrorReason } = view;
  const notes: string[] = [];
  if (view.lastAttemptFailed && cached?.errorAt != null) {
    const parts = [l10n.t('**Last attempt failed** {0}.', formatAge(cached.errorAt, now))];
    // Where the reason was seen, its sentence says what to do; else there is only what somebody stored.
    if (lastErrorReason !== undefined) parts.push(plainMarkdown(describeReason(lastErrorReason).message));
    if (cached.errorMessage !== null) parts.push(code(cached.errorMessage, 512));
    if (cached.refreshedAt !== null) parts.push(l10n.t('The numbers are the last good ones.'));
    notes.push(parts.join(' '));
  }
  if (unstoredAttempt !== undefined) {
    const age = formatAge(unstoredAttempt.at, now);
    notes.push(l10n.t('**Attempt in this window failed** {0}: {1}', age, code(unstoredAttempt.message, 512)));
  }
  return notes;
}

function fieldList(view: TableView, context: TooltipContext): string {
  const { registration, cached } = view;
  const { details } = context;
  const hidden = hidesColumns(registration, context.administrator);
  const folder = details?.folder ?? registration.folder;
  const keyGotcha = details?.gotchas.find(({ isKey }) => isKey) ?? details?.gotchas[0];
  const fields: [string, string | undefined][] = [
    [l10n.t('Id'), code(registration.id)],
    [
      l10n.t('BigQuery'),
      context.addressKnown
        ? code(addressText(view))
        : l10n.t('the Agnes server tells dataset and address to its administrators alone'),
    ],
    [
      l10n.t('Description'),
      details?.description == null ? undefined : code(details.description, MAX_DOCUMENTATION),
    ],
    [l10n.t('One row is'), details?.grain == null ? undefined : code(details.grain, MAX_DOCUMENTATION)],
    [l10n.t('Beware'), keyGotcha === undefined ? undefined : code(keyGotcha.text, MAX_DOCUMENTATION)],
    [l10n.t('Folder'), folder == null ? undefined : code(folder)],
    [l10n.t('Type'), cached?.entityType == null ? undefined : code(cached.entityType)],
    [l10n.t('Data changed'), dataChanged(view, context.now)],
    [l10n.t('Rows'), cached?.rows == null ? undefined : formatCount(cached.rows)],
    [l10n.t('Size'), cached?.sizeBytes == null ? undefined : sizeText(cached.sizeBytes)],
  ];
  if (hidden) fields.push([l10n.t('Columns'), l10n.t('hidden, because the table has an access policy')]);
  else {
    fields.push(
      [l10n.t('Partitioned by'), cached?.partitionBy == null ? undefined : code(cached.partitionBy)],
      [
        l10n.t('Clustered by'),
        cached?.clusteredBy == null ? undefined : nameList(cached.clusteredBy, l10n.t('nothing')),
      ],
      [l10n.t('Columns'), columnsText(context)],
    );
  }
  return fields
    .flatMap(([name, text]) => (text === undefined ? [] : [l10n.t('{0}: {1}', name, text)]))
    .join('  \n');
}

/** The second clock, with the time at which it was read: somebody else may have checked later and not told. */
function dataChanged({ lastModified }: TableView, now: EpochMicros): string | undefined {
  if (lastModified === undefined) return undefined;
  const { at, observedAt } = lastModified;
  return l10n.t('{0} ({1}), seen {2}', formatAge(at, now), formatInstant(at), formatAge(observedAt, now));
}

function columnsText({ details, detailsFailure, addressKnown }: TooltipContext): string | undefined {
  if (detailsFailure !== undefined) {
    return l10n.t('not read: {0}', plainMarkdown(describeFailure(detailsFailure).message));
  }
  if (details?.knownColumns != null) return nameList(details.knownColumns, l10n.t('none'));
  // Who is not an administrator is shown columns only where the server's catalog shows something of them.
  return addressKnown ? undefined : l10n.t('the Agnes server does not say whether you may see them');
}

function nameList(names: readonly string[], none: string): string {
  if (names.length === 0) return none;
  const listed = names.slice(0, MAX_LISTED_COLUMNS).map((name) => code(name, 80));
  const rest = names.length - listed.length;
  const text = listed.join(', ');
  return rest > 0 ? l10n.t('{0} and {1} more', text, formatCount(rest)) : text;
}

function sizeText(bytes: bigint): string {
  return bytes < 1024n ? formatBytes(bytes) : l10n.t('{0} ({1} B)', formatBytes(bytes), formatCount(bytes));
}

function addressText({ registration }: TableView): string {
  const physical = parseFullyQualifiedName(registration.bqFqn);
  if (physical !== undefined) return registration.bqFqn ?? '';
  return `${registration.bucket ?? '?'}.${registration.sourceTable ?? registration.id}`;
}

/** A code span that its text can't end: fenced by one backtick more than it holds in a row. */
export function code(text: string, maxCodePoints = 200): string {
  const line = singleLine(text, maxCodePoints);
  if (line === '') return l10n.t('(empty)');
  const longest = Math.max(0, ...Array.from(line.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${padding}${line}${padding}${fence}`;
}

/** Text outside a code span, in which nothing is markup: Markdown lets every punctuation mark be escaped. */
export function plainMarkdown(text: string): string {
  return text.replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
}
