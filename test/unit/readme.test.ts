import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FailureReason } from '../../src/core/failure.ts';
import { describeReason } from '../../src/core/failureTexts.ts';
import { FRESHNESS_STATES } from '../../src/core/freshness.ts';
import { FRESHNESS_LOOKS } from '../../src/host/freshnessWords.ts';
import { DELIBERATE_DIFFERENCES } from '../fixtures/deliberateDifferences.ts';
import { readEnglishManifest } from '../fixtures/manifest.ts';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly title: string }[];
    readonly configuration: readonly {
      readonly properties: Readonly<Record<string, { readonly default: unknown; readonly scope: string }>>;
    }[];
  };
}

/** Every reason: the compiler misses none. */
const REASONS: Readonly<Record<FailureReason, true>> = {
  fileMissing: true,
  fileIsDirectory: true,
  fileNotDuckDb: true,
  fileFromNewerDuckDb: true,
  fileDamaged: true,
  fileWithoutTables: true,
  fileTooOldToWrite: true,
  fileBusy: true,
  fileNotReadable: true,
  fileReadOnly: true,
  fileHardLinked: true,
  fileOnNetworkMount: true,
  stateInPostgres: true,
  stateUnknown: true,
  diskFull: true,
  duckDbMissing: true,
  workerCrashed: true,
  flightUnusable: true,
  flightHeld: true,
  flightLost: true,
  flightVanished: true,
  notConfigured: true,
  settingInvalid: true,
  credentialsMissing: true,
  credentialsUnreadable: true,
  credentialsRejected: true,
  googleSessionExpired: true,
  billingProject: true,
  quotaExceeded: true,
  networkDown: true,
  endpointUnusable: true,
  serverAddressInvalid: true,
  serverUnreachable: true,
  serverCertificate: true,
  serverCaFile: true,
  serverMoved: true,
  serverNotAgnes: true,
  serverTooOld: true,
  serverLoginPage: true,
  serverUnavailable: true,
  serverError: true,
  serverAnswerInvalid: true,
  serverForbidden: true,
  adminOnly: true,
  runUnwatched: true,
  signedOut: true,
  signInExpired: true,
  accountDeactivated: true,
  tokenWrongKind: true,
  signInTimedOut: true,
  signInForeign: true,
  signInUnsupported: true,
  signInUnreachable: true,
  cliSignedOut: true,
  invalidIdentifier: true,
  tableNotFound: true,
  accessDenied: true,
  requestInvalid: true,
  answerInvalid: true,
  tableTimeout: true,
  serviceUnavailable: true,
  rateLimited: true,
  registrationChanged: true,
  notStored: true,
  unknownTable: true,
  notRefreshable: true,
  failedOnServer: true,
  noDataOnServer: true,
  cancelled: true,
  unexpected: true,
};

const root = path.join(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const { contributes } = readEnglishManifest() as Manifest;

describe('README.md', () => {
  it('lists the settings of package.json, each with its default and scope, and no other', () => {
    const expected = contributes.configuration
      .flatMap(({ properties }) => Object.entries(properties))
      .map(([key, setting]) => [code(key), code(JSON.stringify(setting.default)), code(setting.scope)]);
    const listed = tableAfter('## Settings').map((cells) => cells.slice(0, 3));
    assert.deepEqual(listed.sort(), expected.sort());
  });

  it('lists the commands of package.json, and no other', () => {
    const titles = contributes.commands.map(({ title }) => title);
    assert.deepEqual(tableAfter('## Commands').map(firstCell).sort(), titles.sort());
  });

  it('explains every state, in the words that are shown and in those of the API', () => {
    const expected = FRESHNESS_STATES.map((state) => [FRESHNESS_LOOKS[state].word, code(state)]);
    const listed = tableAfter('## Colours and words').map((cells) => cells.slice(0, 2));
    assert.deepEqual(listed.sort(), expected.sort());
  });

  for (const { difference, reason } of DELIBERATE_DIFFERENCES) {
    it(`names the deliberate difference: ${difference}`, () => {
      const row = tableAfter('### Deliberate differences from Agnes').find(
        (cells) => firstCell(cells) === difference,
      );
      assert.deepEqual(row, [difference, reason]);
    });
  }

  it('says what to do about every message, and about no message that there is not', () => {
    const expected = Object.keys(REASONS).map((reason) => describeReason(reason as FailureReason).message);
    const listed = [
      '### The database',
      '### BigQuery and your account',
      '### The Agnes server',
      '### One table',
    ]
      .flatMap((heading) => tableAfter(heading))
      .map(firstCell);
    assert.deepEqual(listed.sort(), expected.sort());
  });
});

/** Cells of the first table after a heading, without its two head rows. */
function tableAfter(heading: string): string[][] {
  const [, section = assert.fail(`no heading "${heading}"`)] = readme.split(`\n${heading}\n`);
  const [table = assert.fail(`no table after "${heading}"`)] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  const [, , ...rows] = table.trimEnd().split('\n');
  return rows.map((row) =>
    row
      .replace(/^\|/, '')
      .replace(/\|$/, '')
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function firstCell(cells: readonly string[]): string {
  return cells[0] ?? '';
}

function code(text: string): string {
  return `\`${text}\``;
}
