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

  it('says in words that a Google session has expired, and offers to sign in', () => {
    const detail = "Google's sign-in: HTTP 400 invalid_grant invalid_rapt";
    const { message, action } = describeFailure(new AgnesFailure('googleSessionExpired', { detail }));
    assert.equal(message, 'Your Google session has expired. Run gcloud auth application-default login.');
    assert.deepEqual(action, { kind: 'signInGoogle' });
    assert.deepEqual(describeReason('credentialsMissing').action, { kind: 'signInGoogle' });
  });

  it('offers what the sentence says: to sign in, and the setting that asks for less', () => {
    assert.deepEqual(describeReason('credentialsRejected').action, { kind: 'signInGoogle' });
    const named = new AgnesFailure('credentialsRejected', { setting: 'bigquery.credentialsFile' });
    assert.deepEqual(describeFailure(named).action, {
      kind: 'openSetting',
      setting: 'bigquery.credentialsFile',
    });
    for (const [reason, setting] of [
      ['rateLimited', 'requestsPerSecond'],
      ['quotaExceeded', 'interval'],
    ] as const) {
      const { message, action, mayPass } = describeReason(reason);
      assert.ok(message.includes(`agnesFreshness.${setting}`), message);
      assert.deepEqual(action, { kind: 'openSetting', setting });
      assert.equal(mayPass, true);
    }
  });

  it('never shows the detail of a failure', () => {
    const failure = new AgnesFailure('unexpected', { detail: 'Error: secret at line 3' });
    assert.equal(describeFailure(failure).message, describeReason('unexpected').message);
  });
});
