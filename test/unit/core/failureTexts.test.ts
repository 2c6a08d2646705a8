import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { describeFailure, describeReason } from '../../../src/core/failureTexts.ts';

describe('words for failures', () => {
  it('names the process that holds the file', () => {
    const failure = new AgnesFailure('fileBusy', { holder: { pid: 4711, name: 'python3.12' } });
    assert.equal(
      describeFailure(failure).message,
      'The Agnes database is in use by python3.12, process 4711.',
    );
  });

  it('does without a process id where DuckDB knows none, and without a name', () => {
    const failure = new AgnesFailure('fileBusy', { holder: { pid: 0, name: null } });
    assert.equal(describeFailure(failure).message, 'The Agnes database is in use by another program.');
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
