import type { TableDetails } from '../../core/cachedMetadata.ts';
import { singleLine } from '../../core/displayText.ts';
import type { AgnesFailure } from '../../core/failure.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import { turnsStaleAt } from '../../core/freshness.ts';
import { formatAge, formatBytes, formatCount, formatInstant, formatSpan } from '../../core/humanize.ts';
import { parseFullyQualifiedName } from '../../core/tableAddress.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { TableView } from '../../sources/tableView.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { nextRunText, type NextRun } from '../nextRun.ts';

/** Names in a tooltip; the rest is a number. */
const MAX_LISTED_COLUMNS = 40;

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
 * Markdown of a table's tooltip: why it has its colour, then every cached field. Text from data stands in code spans:
 * nothing in it is read as Markdown, as a link or as HTML.
 */
export function tableTooltip(view: TableView, context: TooltipContext): string {
  const blocks = [
    [`**${FRESHNESS_LOOKS[view.freshness].word}**`, freshnessReason(view, context)].join(' — '),
    ...attemptNotes(view, context),
    fieldList(view, context),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function freshnessReason({ cached, freshness }: TableView, context: TooltipContext): string {
  const { now, thresholdSeconds, judgedByServer, nextRun, asOf } = context;
  const threshold = formatSpan(thresholdSeconds) + (judgedByServer ? ' by the rule of the Agnes server' : '');
  const parts: string[] = [];
  if (cached?.refreshedAt != null) {
    parts.push(`refreshed ${formatAge(cached.refreshedAt, now)} (${formatInstant(cached.refreshedAt)})`);
    const staleAt = turnsStaleAt(cached, thresholdSeconds);
    if (freshness === 'stale') parts.push(`stale after ${threshold}`);
    else if (staleAt !== undefined)
      parts.push(`turns stale after ${threshold}, at ${formatInstant(staleAt)}`);
  } else if (freshness === 'error') parts.push('no attempt has succeeded yet');
  else parts.push('nobody has asked BigQuery for it yet');
  parts.push(nextRunText(nextRun, now));
  if (asOf !== undefined) parts.push(`as of ${formatInstant(asOf)}`);
  return parts.join('; ');
}

function attemptNotes(view: TableView, { now }: TooltipContext): string[] {
  const { cached, unstoredAttempt } = view;
  const notes: string[] = [];
  if (view.lastAttemptFailed && cached?.errorAt != null) {
    const last = cached.refreshedAt === null ? '' : ' The numbers are the last good ones.';
    const message = cached.errorMessage === null ? '' : ` ${code(cached.errorMessage, 512)}`;
    notes.push(`**Last attempt failed** ${formatAge(cached.errorAt, now)}:${message}${last}`);
  }
  if (unstoredAttempt !== undefined) {
    const age = formatAge(unstoredAttempt.at, now);
    notes.push(`**Attempt in this window failed** ${age}: ${code(unstoredAttempt.message, 512)}`);
  }
  return notes;
}

function fieldList(view: TableView, context: TooltipContext): string {
  const { registration, cached } = view;
  const { details } = context;
  const hidden = registration.hasAccessPolicy && !context.administrator;
  const fields: [string, string | undefined][] = [
    ['Id', code(registration.id)],
    [
      'BigQuery',
      context.addressKnown
        ? code(addressText(view))
        : 'the Agnes server tells dataset and address to its administrators alone',
    ],
    ['Description', details?.description == null ? undefined : code(details.description, 300)],
    ['Folder', details?.folder == null ? undefined : code(details.folder)],
    ['Type', cached?.entityType == null ? undefined : code(cached.entityType)],
    ['Rows', cached?.rows == null ? undefined : formatCount(cached.rows)],
    ['Size', cached?.sizeBytes == null ? undefined : sizeText(cached.sizeBytes)],
  ];
  if (hidden) fields.push(['Columns', 'hidden, because the table has an access policy']);
  else {
    fields.push(
      ['Partitioned by', cached?.partitionBy == null ? undefined : code(cached.partitionBy)],
      ['Clustered by', cached?.clusteredBy == null ? undefined : nameList(cached.clusteredBy, 'nothing')],
      ['Columns', columnsText(context)],
    );
  }
  return fields.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`])).join('  \n');
}

function columnsText({ details, detailsFailure, addressKnown }: TooltipContext): string | undefined {
  if (detailsFailure !== undefined) return `not read: ${describeFailure(detailsFailure).message}`;
  if (details?.knownColumns != null) return nameList(details.knownColumns, 'none');
  // Who is not an administrator is shown columns only where the server's catalog shows something of them.
  return addressKnown ? undefined : 'the Agnes server does not say whether you may see them';
}

function nameList(names: readonly string[], none: string): string {
  if (names.length === 0) return none;
  const listed = names.slice(0, MAX_LISTED_COLUMNS).map((name) => code(name, 80));
  const rest = names.length - listed.length;
  return listed.join(', ') + (rest > 0 ? ` and ${formatCount(rest)} more` : '');
}

function sizeText(bytes: bigint): string {
  return bytes < 1024n ? `${formatCount(bytes)} B` : `${formatBytes(bytes)} (${formatCount(bytes)} B)`;
}

function addressText({ registration }: TableView): string {
  const physical = parseFullyQualifiedName(registration.bqFqn);
  if (physical !== undefined) return registration.bqFqn ?? '';
  return `${registration.bucket ?? '?'}.${registration.sourceTable ?? registration.id}`;
}

/** A code span that its text can't end: fenced by one backtick more than it holds in a row. */
export function code(text: string, maxCodePoints = 200): string {
  const line = singleLine(text, maxCodePoints);
  if (line === '') return '(empty)';
  const longest = Math.max(0, ...Array.from(line.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${padding}${line}${padding}${fence}`;
}
