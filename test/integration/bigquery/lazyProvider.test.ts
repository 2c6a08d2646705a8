import assert from 'node:assert/strict';

import type { BigQuerySettings } from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { LazyBigQueryProvider } from '../../../src/host/lazyBigQueryProvider.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ask, inspect, tablesWith } from './providerFixture.ts';

describe('BigQuery provider that loads on first need', () => {
  let settings: BigQuerySettings = {};
  let reads = 0;
  let lazy: LazyBigQueryProvider;
  beforeEach(() => {
    reads = 0;
    lazy = new LazyBigQueryProvider(() => settings, {}, new FakeClock());
  });
  afterEach(() => lazy.dispose());

  it('passes on what it is asked', async () => {
    const standIn = await BigQueryStandIn.start({ tables: tablesWith({}) });
    try {
      settings = { apiEndpoint: standIn.url };
      const { provider } = lazy.bind();
      assert.equal((await inspect(provider)).kind, 'ok');
      assert.equal((await ask(provider)).kind, 'ok');
      assert.equal(standIn.counts.received, 2);
    } finally {
      await standIn.dispose();
    }
  });

  it('looks at the settings once, until they are others', () => {
    const watched = (project: string): BigQuerySettings => ({
      get project() {
        reads += 1;
        return project;
      },
    });
    settings = watched('some-project');
    const projects = Array.from({ length: 1_000 }, () => lazy.bind().project);
    assert.deepEqual(new Set(projects), new Set(['some-project']));
    assert.equal(reads, 1);
    settings = watched('other-project');
    assert.equal(lazy.bind().project, 'other-project');
  });

  it('says each time that a setting is not usable, and nothing of it once it is', () => {
    settings = { project: 'Not a project' };
    for (let time = 0; time < 2; time += 1) {
      assert.throws(
        () => lazy.bind(),
        (thrown) => thrown instanceof AgnesFailure && thrown.reason === 'settingInvalid',
      );
    }
    settings = { project: 'some-project' };
    assert.equal(lazy.bind().project, 'some-project');
  });
});
