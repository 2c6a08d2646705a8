/**
 * Program: a window that refreshes everything once, and prints what came of it; for windows of another user.
 *
 *   oneRun.ts DATABASE STATE_FOLDER ENDPOINT DENIED
 *
 * DENIED is a path that this user must have no right to write to: where it has, the test proves nothing.
 */
import { access, constants } from 'node:fs/promises';
import { asFailure } from '../../../src/core/failure.ts';
import { flightUnavailableText } from '../../../src/host/flightTexts.ts';
import { LocalWindow } from './localWindow.ts';

/** What the program prints, as JSON. */
export interface OneRun {
  /** Code of the error with which the system denies writing; null where it does not. */
  readonly denied: string | null;
  readonly shown: number;
  readonly succeeded: number;
  readonly failure: string | null;
  /** Sentences that the user was told about single flight. */
  readonly told: readonly string[];
  readonly warnings: readonly string[];
}

const [database = '', stateFolder = '', endpoint = '', denied = ''] = process.argv.slice(2);
const window = new LocalWindow({ database, stateFolder, endpoint });
const told: string[] = [];
window.source.onFlightUnavailable((failure) => told.push(flightUnavailableText(failure)));
const { rows } = await window.source.load();
const result = await window.source.startRun({ trigger: 'command' }).then(
  async ({ run }) => run.result,
  (thrown: unknown) => asFailure(thrown),
);
await window.dispose();
const printed: OneRun = {
  denied: await access(denied, constants.W_OK).then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''),
  ),
  shown: rows.length,
  succeeded: 'summary' in result ? result.summary.succeeded : 0,
  failure: 'summary' in result ? (result.failure?.reason ?? null) : result.reason,
  told,
  warnings: window.log.lines.filter((line) => line.startsWith('warn')),
};
process.stdout.write(JSON.stringify(printed));
