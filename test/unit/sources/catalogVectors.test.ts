import assert from 'node:assert/strict';
import type { CachedMetadata } from '../../../src/core/cachedMetadata.ts';
import type { Freshness } from '../../../src/core/freshness.ts';
import { isEligible, type TableRegistration } from '../../../src/core/tableRegistration.ts';
import { tableLabel } from '../../../src/host/tree/tableTexts.ts';
import { tableTooltip } from '../../../src/host/tree/tableTooltip.ts';
import { viewTable } from '../../../src/sources/tableView.ts';
import { registration } from '../../fixtures/engineFakes.ts';
import { readVectors } from '../../fixtures/vectors.ts';

/** What the server's catalog says beside this (examples, hints, transports) has no place in the tree. */
interface CatalogVector {
  readonly name: string;
  readonly registry_row: Readonly<Record<string, string | boolean | null | undefined>> & {
    readonly id: string;
  };
  readonly cache_row_seconds_ago: {
    readonly rows?: number | null;
    readonly size_bytes?: number | null;
    readonly partition_by?: string | null;
    readonly clustered_by?: readonly string[] | null;
    readonly entity_type?: string | null;
    readonly known_columns?: readonly string[] | null;
    readonly refreshed_at?: number | null;
    readonly error_at?: number | null;
    readonly error_msg?: string | null;
  } | null;
  readonly accessible_ids: readonly string[] | null;
  readonly expected: readonly {
    readonly name: string;
    readonly rows: number | null;
    readonly size_bytes: number | null;
    readonly partition_by: string | null;
    readonly clustered_by: readonly string[];
    readonly entity_type: string | null;
    readonly metadata_freshness: Freshness | 'not_applicable';
  }[];
}

const NOW = 1_780_000_000_000_000n;

describe('what is shown of a table, held against Agnes’s catalog', () => {
  for (const vector of readVectors<CatalogVector>('catalog')) {
    const [expected] = vector.expected;
    // Who may see which table is the server's rule: whoever can read the file sees what it holds.
    if (expected === undefined) continue;
    it(`${vector.id} ${vector.name}`, () => {
      const table = registrationOf(vector);
      assert.equal(isEligible(table), expected.metadata_freshness !== 'not_applicable');
      if (!isEligible(table)) return;
      const view = viewTable({ registration: table, cached: cachedOf(vector) }, NOW, 28_800n, {
        refreshing: false,
        unstoredAttempt: undefined,
      });
      assert.equal(view.freshness, expected.metadata_freshness);
      assert.equal(tableLabel(view), expected.name);
      const { rows, sizeBytes, entityType } = view.cached ?? {
        rows: null,
        sizeBytes: null,
        entityType: null,
      };
      assert.deepEqual(
        [rows, sizeBytes, entityType],
        [toBigint(expected.rows), toBigint(expected.size_bytes), expected.entity_type],
      );
      const tooltip = tableTooltip(view, {
        now: NOW,
        thresholdSeconds: 28_800n,
        judgedByServer: false,
        addressKnown: true,
        nextRun: { kind: 'off' },
        asOf: undefined,
        details: undefined,
        detailsFailure: undefined,
        administrator: vector.accessible_ids === null,
      });
      assert.equal(tooltip.includes('Partitioned by: '), expected.partition_by !== null);
      assert.equal(tooltip.includes('Clustered by: '), expected.clustered_by.length > 0);
    });
  }
});

function registrationOf({ registry_row: row }: CatalogVector): TableRegistration {
  const text = (key: string): string | null => (typeof row[key] === 'string' ? row[key] : null);
  return registration(row.id, {
    name: text('name') ?? '',
    sourceType: text('source_type'),
    queryMode: text('query_mode'),
    hasAccessPolicy: text('access_policy_sql') !== null,
  });
}

function cachedOf({ cache_row_seconds_ago: row }: CatalogVector): CachedMetadata | null {
  if (row === null) return null;
  const ago = (seconds: number | null | undefined): bigint | null =>
    seconds == null ? null : NOW - BigInt(Math.round(seconds * 1e6));
  return {
    rows: toBigint(row.rows),
    sizeBytes: toBigint(row.size_bytes),
    partitionBy: row.partition_by ?? null,
    clusteredBy: row.clustered_by ?? null,
    entityType: row.entity_type ?? null,
    refreshedAt: ago(row.refreshed_at),
    errorAt: ago(row.error_at),
    errorMessage: row.error_msg ?? null,
  };
}

function toBigint(value: number | null | undefined): bigint | null {
  return value == null ? null : BigInt(value);
}
