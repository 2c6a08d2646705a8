import { mapTable, TABLE_KIND } from '../adapters/bigquery/tableMapping.ts';
import type { TableMetadata } from '../core/cachedMetadata.ts';
import type { SampleRow } from '../core/sampleRow.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../core/time.ts';
import { BigQueryStandIn, type StandInTable } from './bigQueryStandIn.ts';
import {
  SAMPLE_LATENCY_MS,
  SAMPLE_PROJECT,
  SAMPLE_TABLES,
  type SampleCached,
  type SampleTable,
} from './sampleTables.ts';

/** Registrations of the sample catalog and what is cached of them, with ages counted back from `now`. */
export function sampleRows(now: EpochMicros): readonly SampleRow[] {
  return SAMPLE_TABLES.map((table) => ({
    registration: {
      id: table.id,
      name: table.id,
      sourceType: 'bigquery',
      queryMode: 'remote',
      bucket: table.dataset,
      sourceTable: table.sourceTable,
      bqFqn: table.fqn ?? null,
      hasAccessPolicy: table.hasAccessPolicy ?? false,
      folder: table.folder,
      description: table.description,
    },
    cached: table.cached === null ? null : cachedRow(table, table.cached, now),
  }));
}

/** What the stand-in answers for each table of the sample catalog, by `project.dataset.table`. */
export function sampleStandInTables(): ReadonlyMap<string, StandInTable> {
  const tables = new Map<string, StandInTable>();
  for (const { dataset, sourceTable, id, fqn, resource, fault, latencyMs } of SAMPLE_TABLES) {
    if (resource === null) continue;
    tables.set(fqn ?? `${SAMPLE_PROJECT}.${dataset}.${sourceTable ?? id}`, {
      resource,
      ...(fault === undefined ? {} : { fault }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    });
  }
  return tables;
}

/** Starts the BigQuery of the sample catalog. */
export function startSampleBigQuery(): Promise<BigQueryStandIn> {
  return BigQueryStandIn.start({ tables: sampleStandInTables(), latencyMs: SAMPLE_LATENCY_MS });
}

function cachedRow(
  table: SampleTable,
  cached: SampleCached,
  now: EpochMicros,
): NonNullable<SampleRow['cached']> {
  const { refreshedAgo, failed, perMille = 1_000n } = cached;
  const known = refreshedAgo === null ? NOTHING_KNOWN : knownThen(table, perMille);
  return {
    ...known,
    refreshedAt: refreshedAgo === null ? null : ago(now, refreshedAgo),
    errorAt: failed === undefined ? null : ago(now, failed.ago),
    errorMessage: failed?.message ?? null,
  };
}

const NOTHING_KNOWN: TableMetadata = {
  rows: null,
  sizeBytes: null,
  partitionBy: null,
  clusteredBy: null,
  entityType: null,
  knownColumns: null,
};

/** What a refresh stored then: today's answer with fewer rows. */
function knownThen({ resource }: SampleTable, perMille: bigint): TableMetadata {
  const mapping = mapTable({ kind: TABLE_KIND, ...resource });
  if (mapping.kind !== 'mapped') throw new Error('a table of the sample catalog has an invalid resource');
  const { metadata } = mapping;
  const then = (count: bigint | null): bigint | null => (count === null ? null : (count * perMille) / 1_000n);
  return { ...metadata, rows: then(metadata.rows), sizeBytes: then(metadata.sizeBytes) };
}

function ago(now: EpochMicros, seconds: bigint): EpochMicros {
  return now - seconds * MICROS_PER_SECOND;
}
