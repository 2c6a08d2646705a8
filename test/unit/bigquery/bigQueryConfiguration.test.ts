import assert from 'node:assert/strict';

import {
  resolveBigQueryConfiguration,
  type BigQuerySettings,
  type Environment,
} from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';

function refusal(settings: BigQuerySettings, environment: Environment = {}): AgnesFailure {
  try {
    resolveBigQueryConfiguration(settings, environment);
  } catch (thrown) {
    assert.ok(thrown instanceof AgnesFailure);
    return thrown;
  }
  return assert.fail('was accepted');
}

describe('BigQuery configuration', () => {
  it('without anything is Google, with default credentials and no project', () => {
    assert.deepEqual(resolveBigQueryConfiguration({ project: ' ' }, {}), {
      project: undefined,
      billingProject: undefined,
      credentialsFile: undefined,
      endpoint: { baseUrl: 'https://bigquery.googleapis.com', isGoogle: true },
    });
  });

  it('takes the setting before the environment', () => {
    const environment = { BIGQUERY_PROJECT: 'from-environment', BIGQUERY_EMULATOR_HOST: 'localhost:9050' };
    assert.equal(resolveBigQueryConfiguration({}, environment).project, 'from-environment');
    assert.equal(
      resolveBigQueryConfiguration({ project: 'from-setting' }, environment).project,
      'from-setting',
    );
    const apiEndpoint = 'https://proxy.example.com';
    assert.equal(resolveBigQueryConfiguration({}, environment).endpoint.baseUrl, 'http://localhost:9050');
    assert.equal(resolveBigQueryConfiguration({ apiEndpoint }, environment).endpoint.baseUrl, apiEndpoint);
  });

  it('accepts domain-scoped projects', () => {
    assert.equal(
      resolveBigQueryConfiguration({ project: 'example.com:data-project' }, {}).project,
      'example.com:data-project',
    );
  });

  const invalid: readonly (readonly [keyof BigQuerySettings, string])[] = [
    ['project', 'Not A Project'],
    ['project', '../evil'],
    ['billingProject', 'x'],
    ['billingProject', 'project\r\nx-injected: 1'],
    ['credentialsFile', 'relative/key.json'],
    ['apiEndpoint', 'http://bigquery.googleapis.com'],
    ['apiEndpoint', 'http://bigquery.example.com'],
    ['apiEndpoint', 'https://user:secret@bigquery.googleapis.com'],
    ['apiEndpoint', 'https://bigquery.googleapis.com?x=1'],
    ['apiEndpoint', 'ftp://127.0.0.1'],
    ['apiEndpoint', 'https://'],
    ['apiEndpoint', 'no host'],
  ];
  for (const [name, value] of invalid) {
    it(`refuses ${name} ${JSON.stringify(value)} and names the setting`, () => {
      const failure = refusal({ [name]: value });
      assert.equal(failure.reason, 'settingInvalid');
      assert.equal(failure.setting, `bigquery.${name}`);
      assert.ok(!failure.message.includes('secret'));
    });
  }

  it('names the variable where the environment is wrong', () => {
    assert.match(refusal({}, { BIGQUERY_PROJECT: '?' }).detail ?? '', /BIGQUERY_PROJECT/);
    assert.match(
      refusal({}, { BIGQUERY_EMULATOR_HOST: 'http://emulator:9050' }).detail ?? '',
      /BIGQUERY_EMULATOR_HOST/,
    );
  });

  const endpoints: readonly (readonly [string, string, boolean])[] = [
    ['localhost:9050', 'http://localhost:9050', false],
    ['127.0.0.1:9050', 'http://127.0.0.1:9050', false],
    ['http://[::1]:9050/', 'http://[::1]:9050', false],
    ['emulator.example.com', 'https://emulator.example.com', false],
    ['https://proxy.example.com/google/', 'https://proxy.example.com/google', false],
    ['https://bigquery.googleapis.com/bigquery/v2/', 'https://bigquery.googleapis.com', true],
    ['bigquery-mine.p.googleapis.com', 'https://bigquery-mine.p.googleapis.com', true],
    ['https://bigquery.googleapis.com:8443', 'https://bigquery.googleapis.com:8443', false],
    ['https://bigquery.googleapis.com.evil.org', 'https://bigquery.googleapis.com.evil.org', false],
  ];
  for (const [text, baseUrl, isGoogle] of endpoints) {
    it(`endpoint ${text}`, () => {
      const expected = { baseUrl, isGoogle };
      assert.deepEqual(resolveBigQueryConfiguration({ apiEndpoint: text }, {}).endpoint, expected);
      const environment = { BIGQUERY_EMULATOR_HOST: text };
      assert.deepEqual(resolveBigQueryConfiguration({}, environment).endpoint, expected);
    });
  }

  it('expands the home folder of a credentials file', () => {
    const settings = { credentialsFile: '~/keys/key.json' };
    const { credentialsFile } = resolveBigQueryConfiguration(settings, { HOME: '/home/ann' });
    assert.equal(credentialsFile, '/home/ann/keys/key.json');
  });
});
