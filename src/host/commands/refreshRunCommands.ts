import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { asFailure } from '../../core/failure.ts';
import type { RunOptions, TableSelection } from '../../engine/refreshRun.ts';
import type { RunPlace, RunResult, WatchedRun } from '../../engine/watchedRun.ts';
import { formatAge } from '../../core/humanize.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import type { StartedRun } from '../../engine/refreshEngine.ts';
import type { MetadataSource } from '../../sources/metadataSource.ts';
import { COMMANDS } from '../commandIds.ts';
import { showFailure } from '../failureNotice.ts';
import { isWatched, showSummary, tellItGoesOn, watchRun } from '../runNotice.ts';
import { scopeNote } from '../runTexts.ts';
import { noticeIfSlow } from '../slowNotice.ts';
import { leftAfterJoining } from './afterJoining.ts';

export interface RefreshCommandParts {
  readonly model: TableModel;
  readonly clock: Clock;
}

/** Refreshes every table. */
export async function refreshAll(parts: RefreshCommandParts): Promise<void> {
  await runAndShow(parts, { trigger: 'command' }, () => refreshAll(parts));
}

/** Refreshes what is not fresh, or failed at the last attempt. */
export async function refreshStale(parts: RefreshCommandParts): Promise<void> {
  const { model } = parts;
  const wanted = new Set<string>();
  for (const view of model.tables) {
    if (view.freshness !== 'fresh' || view.lastAttemptFailed) wanted.add(view.registration.id);
  }
  if (wanted.size === 0 && model.counts.total > 0) {
    void vscode.window.showInformationMessage(l10n.t('Every table is fresh.'));
    return;
  }
  const selection: TableSelection = ({ registration }) => wanted.has(registration.id);
  await runAndShow(parts, { trigger: 'command', selection }, () => refreshStale(parts));
}

/** Cancels what this window has under way; another window's run can be cancelled there alone. */
export function cancelRefresh({ source }: TableModel): void {
  const place = source?.currentRun?.place.kind ?? 'here';
  source?.cancel();
  if (place !== 'here') tellItGoesOn(place);
}

/**
 * Starts a run, or joins the one that is on and then takes what that one leaves, and shows way and end. Never rejects.
 *
 * @param retry what "Try Again" does: the same thing anew, with what there is to refresh by then
 */
export async function runAndShow(
  { model, clock }: RefreshCommandParts,
  options: RunOptions,
  retry: () => unknown,
): Promise<void> {
  const { source } = model;
  if (source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.connect);
    return;
  }
  try {
    const { run, joined } = await startShowingWait(source, options, clock);
    if (!joined) {
      // The command is done when the run is; whether somebody reads the message is another matter.
      const result = await watchRun(run, l10n.t('Refreshing tables') + scopeNote(run, model));
      if (result !== undefined && !isLeft(result, run)) void showSummary(result, retry);
      return;
    }
    const result = await joinAndShow(run, model, retry);
    if (result === undefined) return;
    // What another window stored is not here yet; after a run of every table there is nothing to look for.
    if (run.place.kind !== 'here' && !run.coversAll) await model.load();
    if (model.source !== source) return;
    const left = leftAfterJoining(result.summary, run, options, model.tables);
    if (left !== undefined) await runAndShow({ model, clock }, left, retry);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.reason !== 'cancelled') void showFailure(failure, retry);
  }
}

/** The server goes on with a run that is not looked at any more: what it will come to is not known here. */
function isLeft({ summary }: RunResult, { place }: WatchedRun): boolean {
  return place.kind === 'server' && summary.endedBy === 'cancelled';
}

/** Another window may be at work on a single table, and is waited for, or the server may be slow. */
function startShowingWait(source: MetadataSource, options: RunOptions, clock: Clock): Promise<StartedRun> {
  const title =
    source.server === undefined
      ? l10n.t('Waiting for another refresh to end')
      : l10n.t('Asking the Agnes server');
  return noticeIfSlow(clock, title, source.startRun(options), () => source.cancel());
}

function joinedTitle(where: RunPlace['kind'], age: string): string {
  switch (where) {
    case 'here':
      return l10n.t('A refresh is already running, started {0}', age);
    case 'otherWindow':
      return l10n.t('Another window’s refresh is already running, started {0}', age);
    case 'server':
      return l10n.t('A refresh of the Agnes server is already running, started {0}', age);
  }
}

/**
 * Takes part in a run that is on. One that has its notification already gets no second one.
 *
 * @returns `undefined` when the user looks no more
 */
async function joinAndShow(
  run: WatchedRun,
  model: TableModel,
  retry: () => unknown,
): Promise<RunResult | undefined> {
  if (isWatched(run)) return run.result;
  const age = formatAge(run.startedAt, model.now());
  const title = joinedTitle(run.place.kind, age) + scopeNote(run, model);
  const result = await watchRun(run, title);
  if (result === undefined || result.failure?.reason === 'flightVanished' || isLeft(result, run))
    return result;
  void showSummary(result, retry);
  return result;
}
