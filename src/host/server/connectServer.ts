import * as l10n from '@vscode/l10n';
import { probeServer } from '../../adapters/agnesApi/serverProbe.ts';
import { asFailure, type FailureReason } from '../../core/failure.ts';
import { showFailure } from '../failureNotice.ts';
import { noticeWithSignal } from '../slowNotice.ts';
import { serverLabel, type ServerChoice } from '../sourceChoice.ts';
import type { SourceController } from '../sourceController.ts';
import { chooseServer, type Proposal } from './chooseServer.ts';
import { httpClientFor, readToken } from './serverAccess.ts';
import type { ServerParts } from './serverParts.ts';
import { signInTo, verifyToken } from './signIn.ts';

const NOT_SIGNED_IN: readonly FailureReason[] = [
  'signedOut',
  'cliSignedOut',
  'signInExpired',
  'tokenWrongKind',
];

/** Lets the user name an Agnes server, signs in where that is needed, and opens it in this workspace. */
export async function connectServer(controller: SourceController, parts: ServerParts): Promise<void> {
  const proposal = await chooseServer(parts);
  if (proposal !== undefined) await open(controller, proposal, parts);
}

/** Signs in anew to the server that is open, or to one that the user names. */
export async function signIn(controller: SourceController, parts: ServerParts): Promise<void> {
  const { choice } = controller;
  if (choice?.kind !== 'server') {
    await connectServer(controller, parts);
    return;
  }
  await signInAndOpen(controller, choice.origin, parts);
}

/** Signs in to this server and no other, and opens it. */
async function signInAndOpen(
  controller: SourceController,
  origin: string,
  parts: ServerParts,
): Promise<void> {
  const again = (): Promise<void> => signInAndOpen(controller, origin, parts);
  try {
    const way = await signInTo(origin, parts);
    if (way !== undefined) await controller.choose({ kind: 'server', origin, signIn: way }, again);
  } catch (error) {
    tell(error, again, again, parts);
  }
}

async function open(controller: SourceController, proposal: Proposal, parts: ServerParts): Promise<void> {
  const { origin, signIn: known } = proposal;
  const signInAgain = (): Promise<void> => signInAndOpen(controller, origin, parts);
  try {
    const existing = await noticeWithSignal(
      parts.clock,
      l10n.t('Connecting to {0}', serverLabel(origin)),
      async (signal) => {
        // Without any token first: whether there is an Agnes server at all.
        await probeServer(httpClientFor(origin, parts), signal);
        return existingSignIn(origin, known, parts, signal);
      },
    );
    if (existing === undefined) await signInAndOpen(controller, origin, parts);
    else await controller.choose({ kind: 'server', origin, signIn: existing }, signInAgain);
  } catch (error) {
    tell(error, () => open(controller, proposal, parts), signInAgain, parts);
  }
}

function tell(error: unknown, retry: () => unknown, signIn: () => unknown, { log }: ServerParts): void {
  const failure = asFailure(error);
  if (failure.reason === 'cancelled') return;
  log.warn(`connecting: ${failure.message}`);
  void showFailure(failure, retry, { signIn });
}

/** A sign-in of before, if the server still takes it. Rejects where that can't be found out. */
async function existingSignIn(
  origin: string,
  known: ServerChoice['signIn'],
  parts: ServerParts,
  signal: AbortSignal,
): Promise<ServerChoice['signIn'] | undefined> {
  try {
    const token = await readToken({ kind: 'server', origin, signIn: known }, parts);
    await verifyToken(httpClientFor(origin, parts), token, parts, signal);
    return known;
  } catch (error) {
    const failure = asFailure(error);
    if (NOT_SIGNED_IN.includes(failure.reason)) return undefined;
    throw failure;
  }
}
