import assert from 'node:assert/strict';
import { chmod, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { prepareStateFolder } from '../../../src/adapters/files/stateFolder.ts';
import { AgnesFailure, type FailurePlace } from '../../../src/core/failure.ts';
import { flightUnavailableText } from '../../../src/host/flightTexts.ts';

const OTHER_WINDOWS = 'Other windows may refresh the same tables. {0}';
const NO_FOLDER = 'The folder {0} is not a folder.';

describe('a state folder that can’t be used', () => {
  let folder = '';
  let state = '';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-state-')));
    state = path.join(folder, 'state');
  });
  afterEach(async () => {
    l10n.config({ contents: {} });
    await rm(folder, { recursive: true, force: true });
  });

  async function failureOf(): Promise<AgnesFailure> {
    const thrown: unknown = await prepareStateFolder(state).then(
      () => assert.fail('it is usable'),
      (failure: unknown) => failure,
    );
    assert.ok(thrown instanceof AgnesFailure);
    return thrown;
  }

  it('is none where it is usable: the user’s own alone, made where it is missing', async () => {
    await prepareStateFolder(state);
    await chmod(state, 0o755);
    await prepareStateFolder(state);
    assert.equal((await stat(state)).mode & 0o777, 0o700);
  });

  it('is named in the language of the window, and in English in the log', async () => {
    await symlink(folder, state);
    l10n.config({
      contents: { [OTHER_WINDOWS]: 'Andere Fenster. {0}', [NO_FOLDER]: '{0} ist kein Ordner.' },
    });
    const failure = await failureOf();
    assert.equal(failure.reason, 'fileReadOnly');
    assert.equal(failure.detail, `The folder ${state} is not a folder.`);
    assert.equal(flightUnavailableText(failure), `Andere Fenster. ${state} ist kein Ordner.`);
  });

  it('is told apart from one that can’t be made', async () => {
    await writeFile(state, '');
    state = path.join(state, 'below');
    const failure = await failureOf();
    assert.deepEqual(failure.place, { folder: state, obstacle: 'notWritable' });
    assert.match(failure.detail ?? '', /\(ENOTDIR\)\.$/);
  });

  const sentences: readonly (readonly [FailurePlace['obstacle'], string])[] = [
    ['notFolder', 'The folder /state is not a folder.'],
    ['otherUser', 'The folder /state belongs to another user.'],
    ['notWritable', 'The folder /state can’t be written to.'],
    ['lockNotWritable', 'The lock file in /state can’t be written to.'],
  ];
  for (const [obstacle, sentence] of sentences) {
    it(`has a sentence for ${obstacle}`, () => {
      const failure = new AgnesFailure('fileReadOnly', { place: { folder: '/state', obstacle } });
      assert.equal(flightUnavailableText(failure), `Other windows may refresh the same tables. ${sentence}`);
    });
  }

  it('that is not known says so much as is', () => {
    const text = flightUnavailableText(new AgnesFailure('fileReadOnly', { detail: 'Error: odd' }));
    assert.equal(text, 'Other windows may refresh the same tables.');
  });
});
