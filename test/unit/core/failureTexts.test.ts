import assert from 'node:assert/strict';
import { AgnesFailure, type FileHolder } from '../../../src/core/failure.ts';
import { describeFailure, describeReason } from '../../../src/core/failureTexts.ts';

describe('words for failures', () => {
  it('names the process that holds the file', () => {
    const failure = new AgnesFailure('fileBusy', { holder: { pid: 4711, name: 'python3.12' } });
    assert.equal(describeFailure(failure).message, 'The Agnes database is held by PID 4711 (python3.12).');
  });

  it('does without a process id where DuckDB knows none, and without a name', () => {
    const messageFor = (holder: FileHolder): string =>
      describeFailure(new AgnesFailure('fileBusy', { holder })).message;
    assert.equal(messageFor({ pid: 0, name: 'python3.12' }), 'The Agnes database is held by python3.12.');
    assert.equal(messageFor({ pid: 4711, name: null }), 'The Agnes database is held by PID 4711.');
    assert.equal(messageFor({ pid: 4711, name: '\u202e' }), 'The Agnes database is held by PID 4711.');
    assert.equal(messageFor({ pid: 0, name: null }), describeReason('fileBusy').message);
  });

  it('leads to the setting that is wrong', () => {
    const failure = new AgnesFailure('settingInvalid', { setting: 'bigquery.apiEndpoint' });
    assert.deepEqual(describeFailure(failure).action, {
      kind: 'openSetting',
      setting: 'bigquery.apiEndpoint',
    });
  });

  it('never shows the detail of a failure', () => {
    const failure = new AgnesFailure('unexpected', { detail: 'Error: secret at line 3' });
    assert.equal(describeFailure(failure).message, describeReason('unexpected').message);
  });
});
