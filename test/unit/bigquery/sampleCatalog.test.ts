import assert from 'node:assert/strict';

import { MAX_ERROR_CODE_POINTS } from '../../../src/core/displayText.ts';
import type { TableInspection, TableMetadata } from '../../../src/core/cachedMetadata.ts';
import { computeFreshness, FRESHNESS_STATES, lastAttemptFailed } from '../../../src/core/freshness.ts';
import { DEFAULT_INTERVAL_SECONDS } from '../../../src/core/refreshPolicy.ts';
import { formatAddress, resolveAddress } from '../../../src/core/tableAddress.ts';
import { isEligible } from '../../../src/core/tableRegistration.ts';
import { mapInspection } from '../../../src/adapters/bigquery/inspectionMapping.ts';
import { mapTable } from '../../../src/adapters/bigquery/tableMapping.ts';
import { compareShapes, type TableChange } from '../../../src/core/tableChange.ts';
import { MICROS_PER_SECOND } from '../../../src/core/time.ts';
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
    const types = new Set([...sampleStandInTables(now).values()].map(({ resource }) => resource.type));
    assert.deepEqual(types, new Set(['TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL', 'SNAPSHOT']));
    const clones = [...sampleStandInTables(now).values()].filter(({ resource }) => resource.cloneDefinition);
    assert.equal(clones.length, 1);
  });

  /** What the next look at a table says; `undefined` for the one that is gone. */
  function lookAt(
    id: string,
  ): { refreshed: TableMetadata; inspected: Omit<TableInspection, 'observedAt'> } | undefined {
    const registration = rows.find((row) => row.registration.id === id)?.registration;
    assert.ok(registration);
    const resolution = resolveAddress(registration, SAMPLE_PROJECT);
    assert.ok(resolution.kind === 'address');
    const table = sampleStandInTables(now).get(formatAddress(resolution.address));
    if (table === undefined) return undefined;
    const whole = { kind: 'bigquery#table', ...table.resource };
    const [refreshed, inspected] = [mapTable(whole), mapInspection(whole)];
    assert.ok(refreshed.kind === 'mapped' && inspected.kind === 'mapped');
    return { refreshed: refreshed.metadata, inspected: inspected.inspection };
  }

  it('has two tables of which a refresh finds something to tell: columns, and rows that are gone', () => {
    const changes = new Map<string, TableChange>();
    for (const { registration, cached } of rows) {
      const look = lookAt(registration.id);
      const change =
        cached === null || look === undefined ? undefined : compareShapes(cached, look.refreshed);
      if (cached?.refreshedAt != null && change !== undefined) changes.set(registration.id, change);
    }
    assert.deepEqual([...changes.keys()], ['customers', 'invoices']);
    assert.ok(changes.get('customers')?.rows);
    assert.deepEqual(changes.get('invoices')?.columns?.added, ['currency', 'due_on']);
  });

  it('tells the second clock: data of minutes, hours and days ago, and none for what has no data', () => {
    const ages = new Map(
      rows.map(({ registration: { id } }) => {
        const lastModified = lookAt(id)?.refreshed.lastModified ?? null;
        return [id, lastModified === null ? null : (now - lastModified) / MICROS_PER_SECOND];
      }),
    );
    const unknown = [...ages].filter(([, age]) => age === null).map(([id]) => id);
    assert.deepEqual(unknown, ['daily_revenue', 'campaign_costs', 'attribution', 'campaign_archive']);
    const behind = rows.find(({ registration }) => registration.id === 'order_lines');
    assert.equal(freshnessOf(behind ?? assert.fail('no order_lines')), 'fresh');
    assert.equal(ages.get('order_lines'), 3n * 86_400n);
    assert.ok([...ages.values()].some((age) => age !== null && age > 0n && age < 3_600n));
  });

  it('has what only an inspection shows: records, lists, descriptions, a streaming buffer, an end', () => {
    const looks = rows.flatMap(({ registration }) => lookAt(registration.id)?.inspected ?? []);
    const seen = looks.flatMap(({ columns }) => columns);
    assert.ok(seen.some(({ path }) => path.length === 3));
    assert.ok(seen.some(({ mode, type }) => mode === 'REPEATED' && type === 'STRUCT'));
    assert.ok(seen.some(({ mode }) => mode === 'REQUIRED'));
    assert.ok(seen.some(({ description }) => description !== null));
    assert.ok(looks.every(({ location, createdAt }) => location === 'EU' && (createdAt ?? now) < now));
    assert.equal(looks.filter(({ streamingBuffer }) => streamingBuffer !== null).length, 1);
    assert.ok(looks.some(({ expiresAt }) => expiresAt !== null && expiresAt > now));
    assert.ok(seen.every(({ type }) => !['INTEGER', 'FLOAT', 'BOOLEAN', 'RECORD'].includes(type)));
  });

  it('is documented here and there', () => {
    const documented = rows.filter(({ registration }) => registration.grain !== null);
    assert.ok(documented.length > 0 && documented.length < rows.length);
    const gotchas = rows.flatMap(({ registration }) => registration.gotchas);
    assert.deepEqual(new Set(gotchas.map(({ isKey }) => isKey)), new Set([true, false]));
    assert.ok(rows.some(({ registration }) => registration.thingsToKnow?.includes('\n')));
  });

  it('registers what BigQuery has, but for the one table that is gone', () => {
    const asked = rows.map(({ registration }) => {
      const resolution = resolveAddress(registration, SAMPLE_PROJECT);
      assert.ok(resolution.kind === 'address');
      return formatAddress(resolution.address);
    });
    const there = sampleStandInTables(now);
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
