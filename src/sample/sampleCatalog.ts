import { mapTable, TABLE_KIND } from '../adapters/bigquery/tableMapping.ts';
import { NOTHING_CACHED, type TableMetadata } from '../core/cachedMetadata.ts';
import type { SampleRow } from '../core/sampleRow.ts';
import { MICROS_PER_SECOND, toEpochMs, type EpochMicros } from '../core/time.ts';
import { BigQueryStandIn, type StandInTable } from './bigQueryStandIn.ts';
import { sampleDocumentation } from './sampleDocumentation.ts';
import {
  SAMPLE_LATENCY_MS,
  SAMPLE_PROJECT,
  SAMPLE_TABLES,
  type SampleCached,
  type SampleTable,
} from './sampleTables.ts';
import type { TableResource } from './tableResource.ts';

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
      ...sampleDocumentation(table.id),
    },
    cached: table.cached === null ? null : cachedRow(table, table.cached, now),
  }));
}

/**
 * What the stand-in answers for each table of the sample catalog, by `project.dataset.table`, with ages counted back from
 * `now`.
 */
export function sampleStandInTables(now: EpochMicros): ReadonlyMap<string, StandInTable> {
  const tables = new Map<string, StandInTable>();
  for (const table of SAMPLE_TABLES) {
    const { dataset, sourceTable, id, fqn, resource, fault, latencyMs } = table;
    if (resource === null) continue;
    tables.set(fqn ?? `${SAMPLE_PROJECT}.${dataset}.${sourceTable ?? id}`, {
      resource: { location: 'EU', ...resource, ...timesOf(table, now), ...streamingOf(table, now) },
      ...(fault === undefined ? {} : { fault }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    });
  }
  return tables;
}

/** Starts the BigQuery of the sample catalog; ages of its data are counted back from `now`. */
export function startSampleBigQuery(now: EpochMicros): Promise<BigQueryStandIn> {
  return BigQueryStandIn.start({ tables: sampleStandInTables(now), latencyMs: SAMPLE_LATENCY_MS });
}

function timesOf({ times }: SampleTable, now: EpochMicros): TableResource {
  if (times === undefined) return {};
  const { created, changedAgo, expiresIn } = times;
  const createdMs = String(Date.parse(created));
  return {
    creationTime: createdMs,
    lastModifiedTime: changedAgo === null ? createdMs : msAgo(now, changedAgo),
    ...(expiresIn === undefined ? {} : { expirationTime: msAgo(now, -expiresIn) }),
  };
}

function streamingOf({ streaming }: SampleTable, now: EpochMicros): TableResource {
  if (streaming === undefined) return {};
  const { rows, bytes, oldestAgo } = streaming;
  return {
    streamingBuffer: {
      estimatedRows: String(rows),
      estimatedBytes: String(bytes),
      oldestEntryTime: msAgo(now, oldestAgo),
    },
  };
}

/** Google's times are milliseconds as text. */
function msAgo(now: EpochMicros, seconds: bigint): string {
  return String(toEpochMs(ago(now, seconds)));
}

function cachedRow(
  table: SampleTable,
  cached: SampleCached,
  now: EpochMicros,
): NonNullable<SampleRow['cached']> {
  const { refreshedAgo, failed } = cached;
  return {
    ...NOTHING_CACHED,
    knownColumns: null,
    ...(refreshedAgo === null ? {} : knownThen(table, cached)),
    refreshedAt: refreshedAgo === null ? null : ago(now, refreshedAgo),
    errorAt: failed === undefined ? null : ago(now, failed.ago),
    errorMessage: failed?.message ?? null,
  };
}

/** What a refresh stored then: today's answer with another number of rows, before columns were added. */
function knownThen(
  { resource }: SampleTable,
  { perMille = 1_000n, withoutColumns = [] }: SampleCached,
): Omit<TableMetadata, 'lastModified'> {
  const mapping = mapTable({ kind: TABLE_KIND, ...resource });
  if (mapping.kind !== 'mapped') throw new Error('a table of the sample catalog has an invalid resource');
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType, knownColumns } = mapping.metadata;
  const then = (count: bigint | null): bigint | null => (count === null ? null : (count * perMille) / 1_000n);
  return {
    rows: then(rows),
    sizeBytes: then(sizeBytes),
    partitionBy,
    clusteredBy,
    entityType,
    knownColumns: knownColumns?.filter((name) => !withoutColumns.includes(name)) ?? null,
  };
}

function ago(now: EpochMicros, seconds: bigint): EpochMicros {
  return now - seconds * MICROS_PER_SECOND;
}
