import { FRESHNESS_STATES } from '../../core/freshness.ts';
import { redactSecrets } from '../../core/redaction.ts';
import { countChanged, type RunRecord } from '../../core/runSummary.ts';
import { formatTimestamp, hasDate, MICROS_PER_SECOND, type EpochMicros } from '../../core/time.ts';
import type { NextRun } from '../nextRun.ts';
import { code } from '../tree/tableTooltip.ts';
import { redactValue, type PrivateNames } from './reportRedaction.ts';
import type {
  CurrentRunFacts,
  FailureFacts,
  FileFacts,
  FileStateFacts,
  ServerFacts,
  SourceFacts,
  TroubleshootFacts,
  VersionFacts,
} from './troubleshootFacts.ts';

/** Of one value; a path of the system is at most this long on most of them. */
const MAX_VALUE_CODE_POINTS = 300;
/** Of a value, what is read at all. */
const MAX_READ_CHARS = 4_000;
const MAX_RUNS = 10;
const MAX_REASONS = 30;
const MAX_SETTINGS = 50;
/** Of the whole report: what is posted with a question has its bounds. */
export const MAX_REPORT_CHARS = 40_000;

/** Settings whose values name tables. */
const SETTINGS_WITH_TABLES: ReadonlySet<string> = new Set(['agnesFreshness.dataFreshness']);

/**
 * A report on how things stand, for whoever helps, as Markdown. In English whatever the language of the user is, as the log
 * is: it is read by others. It holds no token, no e-mail address, no user name, no name or id of a table, and no name of a
 * workspace.
 */
export function troubleshootReport(facts: TroubleshootFacts, names: PrivateNames): string {
  const { at, versions, source, file, server, settings, variables } = facts;
  const report = new Report(names, at);
  const blocks = [
    '# Agnes Freshness: troubleshooting report',
    `Made at ${report.time(at)}. Names and ids of tables, tokens, e-mail addresses, user names and names of workspaces are left out. Read it before you share it.`,
    report.section('Versions', versionLines(report, versions)),
    report.section('Source', sourceLines(report, source)),
    ...(file === undefined ? [] : [report.section('Database file', fileLines(report, file))]),
    ...(server === undefined ? [] : [report.section('Agnes server', serverLines(report, server))]),
    report.section('Settings that differ from the default', settingLines(report, settings)),
    report.section('Environment variables that are set', [
      variables.length === 0 ? 'none' : variables.map((name) => report.value(name)).join(', '),
    ]),
    report.section('Tables by state', countLines(facts)),
    report.section('Tables whose last attempt failed, by reason', reasonLines(report, facts.tableErrors)),
    report.section('Background refresh', [nextRunLine(report, facts.nextRun)]),
    report.section('Run that is on', [currentRunLine(report, facts.currentRun)]),
    report.section(`Last runs (${MAX_RUNS} at most, newest first)`, runLines(report, facts.runs)),
    report.section(
      'Failures in these runs, by reason',
      reasonLines(
        report,
        lastRuns(facts.runs).flatMap(({ failures }) => failures.map(({ reason }) => reason)),
      ),
    ),
  ];
  const text = redactSecrets(blocks.join('\n\n'));
  return text.length <= MAX_REPORT_CHARS ? `${text}\n` : `${text.slice(0, MAX_REPORT_CHARS)}\n\n(cut off)\n`;
}

/** Writes single values, so that nothing gets into the report unredacted. */
class Report {
  readonly #names: PrivateNames;
  readonly #now: EpochMicros;

  constructor(names: PrivateNames, now: EpochMicros) {
    this.#names = names;
    this.#now = now;
  }

  section(title: string, lines: readonly string[]): string {
    return [`## ${title}`, '', ...lines.map((line) => `- ${line}`)].join('\n');
  }

  /** Any text, as a code span: it can neither hold a secret nor break out of its line. */
  value(text: string): string {
    // Before it is made short: of a secret that is cut off, the rest might not be known for one.
    return code(redactValue(text.slice(0, MAX_READ_CHARS), this.#names), MAX_VALUE_CODE_POINTS);
  }

  /** ISO 8601 in UTC, with the age. */
  time(at: EpochMicros): string {
    if (!hasDate(at)) return 'an unknown time';
    const seconds = (this.#now - at) / MICROS_PER_SECOND;
    const iso = `${formatTimestamp(at).slice(0, 19)}Z`;
    if (seconds === 0n) return iso;
    return seconds > 0n ? `${iso} (${seconds} s ago)` : `${iso} (in ${-seconds} s)`;
  }
}

function versionLines(report: Report, versions: VersionFacts): string[] {
  const { extension, vscode, app, node, platform, architecture, language, uiKind, remote, trusted } =
    versions;
  return [
    `Extension: ${report.value(extension)}`,
    `VS Code: ${report.value(vscode)} (${report.value(app)}, ${report.value(uiKind)}, language ${report.value(language)})`,
    `Node: ${report.value(node)} on ${report.value(platform)} ${report.value(architecture)}`,
    `Remote: ${remote === undefined ? 'none' : report.value(remote)}`,
    `Workspace: ${trusted ? 'trusted' : 'restricted'}`,
  ];
}

function sourceLines(report: Report, source: SourceFacts): string[] {
  const { kind, chosenBy, capabilities, snapshot, failure, refreshObstacle } = source;
  const able = Object.entries(capabilities ?? {}).map(
    ([name, has]) => `${name} ${has === true ? 'yes' : 'no'}`,
  );
  return [
    `Kind: ${report.value(kind)}, chosen by: ${report.value(chosenBy)}`,
    `Capabilities: ${able.length === 0 ? 'none known' : able.join(', ')}`,
    snapshot === undefined
      ? 'Shown: nothing'
      : `Shown: ${report.value(snapshot.origin)}, read at ${report.time(snapshot.readAt)}`,
    `Failure: ${failureText(report, failure)}`,
    `Obstacle to refreshing: ${failureText(report, refreshObstacle)}`,
  ];
}

function failureText(report: Report, failure: FailureFacts | undefined): string {
  if (failure === undefined) return 'none';
  const { reason, detail, holder } = failure;
  const parts = [report.value(reason)];
  if (detail !== undefined) parts.push(report.value(detail));
  if (holder !== undefined)
    parts.push(`held by PID ${holder.pid} (${report.value(holder.name ?? 'unknown')})`);
  return parts.join(', ');
}

function fileLines(report: Report, file: FileFacts): string[] {
  const { path, obstacle, database, writeAheadLog, links, stateFolder, stateFiles } = file;
  return [
    `Path: ${report.value(path)}`,
    `Database: ${fileState(report, database)}`,
    `Write-ahead log: ${fileState(report, writeAheadLog)}`,
    `Hard links: ${links ?? 'unknown'}`,
    `Obstacle: ${failureText(report, obstacle)}`,
    `State folder: ${report.value(stateFolder)}`,
    ...stateFiles.map(({ name, state }) => `${report.value(name)}: ${fileState(report, state)}`),
  ];
}

function fileState(report: Report, state: FileStateFacts | undefined): string {
  if (state === undefined) return 'not there';
  return `${state.sizeBytes} bytes, modified ${report.time(state.modifiedAt)}`;
}

function serverLines(report: Report, server: ServerFacts): string[] {
  const { origin, version, signIn, signedIn, expiresAt, administrator } = server;
  return [
    `Host: ${report.value(origin)}`,
    `Version: ${version === undefined ? 'unknown' : report.value(version)}`,
    `Signed in: ${signedIn ? 'yes' : 'no'} (${signIn === 'cli' ? 'sign-in of the Agnes CLI' : 'own sign-in'})`,
    `Sign-in ends: ${expiresAt === undefined ? 'not known' : report.time(expiresAt)}`,
    `Administrator: ${administrator ? 'yes' : 'no'}`,
  ];
}

function settingLines(report: Report, settings: TroubleshootFacts['settings']): string[] {
  if (settings.length === 0) return ['none'];
  return settings
    .slice(0, MAX_SETTINGS)
    .map(({ key, value }) => `${report.value(key)}: ${settingValue(report, key, value)}`);
}

function settingValue(report: Report, key: string, value: unknown): string {
  const isNamed = SETTINGS_WITH_TABLES.has(key);
  if (typeof value === 'object' && value !== null) return `${Object.keys(value).length} entries`;
  if (isNamed) return 'set';
  return report.value(typeof value === 'string' ? value : String(value));
}

function countLines({ counts }: TroubleshootFacts): string[] {
  return [
    ...FRESHNESS_STATES.map((state) => `${state}: ${counts[state]}`),
    `in all: ${counts.total}`,
    `last attempt failed: ${counts.lastAttemptFailed}`,
  ];
}

/** Reasons with their counts, the most frequent first: never whose they are. */
function reasonLines(report: Report, reasons: readonly (string | undefined)[]): string[] {
  if (reasons.length === 0) return ['none'];
  const counts = Array.from(
    Map.groupBy(reasons, (reason) => reason ?? 'not known'),
    ([reason, all]) => ({ reason, count: all.length }),
  ).sort((a, b) => b.count - a.count);
  return counts.slice(0, MAX_REASONS).map(({ reason, count }) => `${report.value(reason)}: ${count}`);
}

function nextRunLine(report: Report, next: NextRun): string {
  switch (next.kind) {
    case 'at':
      return `on, next run at ${report.time(next.at)}`;
    case 'off':
      return 'off by setting';
    case 'never':
      return 'none for this source';
    case 'server':
      return `left to the server, which refreshes every ${next.intervalSeconds} s`;
    case 'waiting':
      return 'on, but there is nothing that it could refresh now';
  }
}

function currentRunLine(report: Report, run: CurrentRunFacts | undefined): string {
  if (run === undefined) return 'none';
  const { place, trigger, startedAt, done, total } = run;
  return `${report.value(place)}, by ${report.value(trigger)}, started ${report.time(startedAt)}, ${done} of ${total ?? '?'}`;
}

function lastRuns(runs: readonly RunRecord[]): readonly RunRecord[] {
  return runs.slice(-MAX_RUNS).reverse();
}

function runLines(report: Report, runs: readonly RunRecord[]): string[] {
  const lines = lastRuns(runs).map((record) => {
    const { summary, endedAt } = record;
    const { succeeded, noData, failed, notStored, notAttempted, cancelled, total, durationMs } = summary;
    const counts = `${succeeded} of ${total} ok, ${noData} without data, ${failed} failed (${notStored} not stored), ${notAttempted} not attempted, ${cancelled} cancelled, ${countChanged(record)} changed`;
    const how = `by ${report.value(summary.trigger)}, ${summary.coversAll ? 'all tables' : 'a selection'}, ${durationMs} ms`;
    const end = summary.endedBy === null ? 'to its end' : `ended by ${report.value(summary.endedBy)}`;
    return `${report.time(endedAt)}: ${how}: ${counts}; ${end}`;
  });
  return lines.length === 0 ? ['none'] : lines;
}
