import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AgnesFailure, asFailure } from '../../src/core/failure.ts';
import { createSystemClock } from '../../src/adapters/system/systemClock.ts';
import type { BigQueryProvider as Provider } from '../../src/adapters/bigquery/bigQueryProvider.ts';

const DIST = path.join(import.meta.dirname, '../../dist');

describe('lazy bundles', () => {
  it('hand over failures that the rest of the extension knows as failures', async () => {
    const { BigQueryProvider } = createRequire(import.meta.url)(path.join(DIST, 'bigQueryProvider.js')) as {
      readonly BigQueryProvider: typeof Provider;
    };
    const provider = new BigQueryProvider({
      configuration: {
        project: 'some-project',
        billingProject: undefined,
        credentialsFile: path.join(DIST, 'nowhere.json'),
        endpoint: { baseUrl: 'https://bigquery.googleapis.com', isGoogle: true },
      },
      fetch: () => assert.fail('asked without credentials'),
      clock: createSystemClock(),
      environment: {},
      platform: process.platform,
    });
    const address = { project: 'some-project', dataset: 'd', table: 't' };
    const answer = await provider.fetchTable(address, new AbortController().signal);
    provider.dispose();
    assert.ok(answer.kind === 'callerFault');
    assert.ok(answer.failure instanceof AgnesFailure);
    assert.equal(asFailure(answer.failure).reason, 'credentialsUnreadable');
  });
});
