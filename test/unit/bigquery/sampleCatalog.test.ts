import assert from 'node:assert/strict';

import { MAX_ERROR_CODE_POINTS } from '../../../src/core/displayText.ts';
import { computeFreshness, FRESHNESS_STATES, lastAttemptFailed } from '../../../src/core/freshness.ts';
import { DEFAULT_INTERVAL_SECONDS } from '../../../src/core/refreshPolicy.ts';
import { formatAddress, resolveAddress } from '../../../src/core/tableAddress.ts';
import { isEligible } from '../../../src/core/tableRegistration.ts';
import { sampleRows, sampleStandInTables } from '../../../src/sample/sampleCatalog.ts';
import { SAMPLE_PROJECT } from '../../../src/sample/sampleTables.ts';

describe('sample catalog', () => {
  const now = 1_780_000_000_000_000n;
  const rows = sampleRows(now);
  const freshnessOf = ({ cached }: (typeof rows)[number]): string =>
    computeFreshness(cached, now, 2n * DEFAULT_INTERVAL_SECONDS);

  it('has about a dozen eligible tables with ids of their own, in three datasets', () => {
    assert.ok(rows.length >= 12 && rows.length <= 16, String(rows.length));
    assert.ok(rows.every(({ registration }) => isEligible(registration)));
    assert.equal(new Set(rows.map(({ registration }) => registration.id)).size, rows.length);
    assert.equal(new Set(rows.map(({ registration }) => registration.bucket)).size, 3);
  });

  it('shows every freshness with the default threshold', () => {
    assert.deepEqual(new Set(rows.map(freshnessOf)), new Set(FRESHNESS_STATES));
  });

  it('has a fresh table whose last attempt failed, and a stale one', () => {
    const failed = rows.filter(({ cached }) => lastAttemptFailed(cached)).map(freshnessOf);
    assert.ok(failed.includes('fresh') && failed.includes('stale') && failed.includes('error'));
  });

  it('has every entity type, once all are refreshed', () => {
    const types = new Set([...sampleStandInTables().values()].map(({ resource }) => resource.type));
    assert.deepEqual(types, new Set(['TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL', 'SNAPSHOT']));
    const clones = [...sampleStandInTables().values()].filter(({ resource }) => resource.cloneDefinition);
    assert.equal(clones.length, 1);
  });

  it('registers what BigQuery has, but for the one table that is gone', () => {
    const asked = rows.map(({ registration }) => {
      const resolution = resolveAddress(registration, SAMPLE_PROJECT);
      assert.ok(resolution.kind === 'address');
      return formatAddress(resolution.address);
    });
    const there = sampleStandInTables();
    assert.deepEqual(
      asked.filter((name) => !there.has(name)),
      ['agnes-sample.marketing.campaigns_before_2022'],
    );
    assert.equal(there.size, rows.length - 1);
  });

  it('holds messages that Agnes could have stored', () => {
    for (const { cached } of rows) {
      assert.equal(cached?.errorAt === null, cached?.errorMessage === null);
      assert.ok((cached?.errorMessage ?? '').length <= MAX_ERROR_CODE_POINTS);
    }
  });
});
