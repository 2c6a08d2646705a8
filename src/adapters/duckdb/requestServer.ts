import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { WorkContext } from './duckDbFile.ts';
import type { CallKind, FromWorker, ToWorker, WorkerCall, WorkerCalls } from './protocol.ts';
import { readCatalog, readTable } from './readCatalog.ts';
import { readDescriptions } from './readDescriptions.ts';
import { readDetails } from './readDetails.ts';
import { readServerSnapshot } from './readServerSnapshot.ts';
import { createSampleFile } from './sampleFile.ts';
import { RunLocks } from './runLocks.ts';
import { storeOutcomes } from './storeOutcomes.ts';
import { toWireFailure } from './wireFailure.ts';

/** The side of `process` that a forked child talks through. */
export type ParentChannel = Pick<NodeJS.Process, 'on' | 'send' | 'exit'>;

/**
 * Answers the parent's calls one at a time: two instances on one file in one process would drop each other's lock. When
 * told to end, or when the parent is gone, it interrupts what is at work (a commit that has begun is finished), closes the
 * file and exits.
 *
 * @param surroundings what every call is given; `reached` is for tests that kill the process at a named point
 */
export function serveRequests(channel: ParentChannel, surroundings: Omit<WorkContext, 'signal'>): void {
  let atWork: { readonly id: number; readonly abort: AbortController } | undefined;
  const locks = new RunLocks();
  let tail = Promise.resolve();
  let ending = false;
  /** The parent sends one call at a time, so the last cancelled one is all there is to remember. */
  let cancelledId: number | undefined;

  const answer = async (id: number, call: WorkerCall): Promise<void> => {
    if (ending) return;
    const abort = new AbortController();
    atWork = { id, abort };
    if (cancelledId === id) abort.abort(new AgnesFailure('cancelled'));
    let message: FromWorker;
    try {
      const context = { ...surroundings, signal: abort.signal };
      message = { type: 'value', id, value: await perform(call, context, locks) };
    } catch (thrown) {
      message = { type: 'failure', id, failure: toWireFailure(asFailure(thrown)) };
    }
    atWork = undefined;
    await send(channel, message);
  };

  const end = (): void => {
    if (ending) return;
    ending = true;
    atWork?.abort.abort(new AgnesFailure('cancelled'));
    void tail.then(() => channel.exit(0));
  };

  channel.on('message', (message: unknown) => {
    // Only our own parent has this channel.
    const request = message as ToWorker;
    switch (request.type) {
      case 'call':
        tail = tail.then(() => answer(request.id, request.call));
        break;
      case 'cancel':
        cancelledId = request.id;
        if (atWork?.id === request.id) atWork.abort.abort(new AgnesFailure('cancelled'));
        break;
      case 'end':
        end();
        break;
    }
  });
  channel.on('disconnect', end);
}

async function perform(
  call: WorkerCall,
  context: WorkContext,
  locks: RunLocks,
): Promise<WorkerCalls[CallKind]['value']> {
  switch (call.kind) {
    case 'readCatalog':
      return readCatalog(call.args, context);
    case 'readTable':
      return readTable(call.args, context);
    case 'readDetails':
      return readDetails(call.args, context);
    case 'readDescriptions':
      return readDescriptions(call.args, context);
    case 'readServerSnapshot':
      return readServerSnapshot(call.args, context);
    case 'storeOutcomes':
      if (call.args.underLock !== null) await locks.assertHeld(call.args.underLock);
      return storeOutcomes(call.args, context);
    case 'takeLock':
      return locks.take(call.args.path);
    case 'releaseLock':
      locks.release(call.args.path);
      return null;
    case 'createSampleFile':
      return createSampleFile(call.args, context);
  }
}

/** Settles when the message is on its way, or when there is nobody left to send it to. */
function send(channel: ParentChannel, message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    try {
      if (channel.send?.(message, undefined, undefined, () => resolve()) === undefined) resolve();
    } catch {
      resolve(); // the parent is gone
    }
  });
}
