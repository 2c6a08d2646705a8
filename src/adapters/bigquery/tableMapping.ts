import * as v from 'valibot';

import type { TableMetadata } from '../../core/cachedMetadata.ts';
import type { EpochMicros } from '../../core/time.ts';
import { count, readEpochMs } from './int64Text.ts';

export const TABLE_KIND = 'bigquery#table';

/** Name of the pseudo column that a table partitioned by time of ingestion is partitioned by. */
const INGESTION_TIME_COLUMN = '_PARTITIONTIME';

// An emulator may say `null` for absent.
const columnOf = v.object({ field: v.nullish(v.string()) });

/** Looked at as a whole: item by item, the schemas of 200 columns make most of the garbage of a refresh. */
const columns = v.custom<readonly { readonly name: string }[]>(
  (value) => Array.isArray(value) && value.every(isNamed),
);

function isNamed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

const tableResource = v.object({
  kind: v.literal(TABLE_KIND),
  type: v.nullish(v.string()),
  numRows: v.nullish(count),
  numBytes: v.nullish(count),
  numTotalLogicalBytes: v.nullish(count),
  // not one of the numbers: see `lastModifiedOf`
  lastModifiedTime: v.optional(v.unknown()),
  cloneDefinition: v.nullish(v.object({})),
  timePartitioning: v.nullish(columnOf),
  rangePartitioning: v.nullish(columnOf),
  partitionDefinition: v.nullish(v.object({ partitionedColumn: v.nullish(v.array(columnOf)) })),
  clustering: v.nullish(v.object({ fields: v.nullish(v.array(v.string())) })),
  schema: v.nullish(v.object({ fields: v.nullish(columns) })),
});

type TableResource = v.InferOutput<typeof tableResource>;

export type TableMapping = { readonly kind: 'mapped'; readonly metadata: TableMetadata } | Unmapped;

/** Why an answer tells nothing of a table. */
export type Unmapped =
  /** Not BigQuery's answer at all: something else answered. */
  | { readonly kind: 'notATable' }
  /** A table in a shape that its rules don't allow; `path` names the field. */
  | { readonly kind: 'invalid'; readonly path: string };

/**
 * Table resource (`tables.get`) → metadata. A value that can't be read makes the whole answer invalid: half of a table
 * would replace good fields by unknown ones. The time of the last change is none of those: unreadable, it is not known.
 */
export function mapTable(resource: unknown): TableMapping {
  if (!isTableResource(resource)) return { kind: 'notATable' };
  const result = v.safeParse(tableResource, resource, { abortEarly: true });
  if (!result.success) return { kind: 'invalid', path: v.getDotPath(result.issues[0]) ?? '' };
  return { kind: 'mapped', metadata: toMetadata(result.output) };
}

/** Whether it is BigQuery's answer at all. */
export function isTableResource(resource: unknown): resource is Readonly<Record<string, unknown>> {
  return (
    typeof resource === 'object' && resource !== null && 'kind' in resource && resource.kind === TABLE_KIND
  );
}

function toMetadata(table: TableResource): TableMetadata {
  const counted = !WITHOUT_OWN_ROWS.has(table.type ?? '');
  const columns = table.schema?.fields ?? [];
  return {
    rows: counted ? (table.numRows ?? null) : null,
    // long-term bytes are part of either, never added
    sizeBytes: counted ? (table.numTotalLogicalBytes ?? table.numBytes ?? null) : null,
    partitionBy: partitionColumn(table),
    clusteredBy: table.clustering?.fields ?? [],
    entityType: entityType(table),
    knownColumns: columns.length > 0 ? columns.map(({ name }) => name) : null,
    lastModified: lastModifiedOf(table.type, table.lastModifiedTime),
  };
}

/**
 * When the data last changed. `null` for what has no data of its own, for there the service's time is that of the
 * definition, and for anything unreadable: a time that is only told must not cost the numbers that are stored.
 */
export function lastModifiedOf(type: unknown, lastModifiedTime: unknown): EpochMicros | null {
  return typeof type === 'string' && WITHOUT_OWN_ROWS.has(type) ? null : readEpochMs(lastModifiedTime);
}

/** The service says "0" for these; their rows are somewhere else or not known. */
const WITHOUT_OWN_ROWS: ReadonlySet<string> = new Set(['VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL']);

/** `table_type` of INFORMATION_SCHEMA.TABLES, the words that Agnes stores; other values pass through. */
function entityType({ type, cloneDefinition }: TableResource): string | null {
  switch (type) {
    case undefined:
    case null:
      return null;
    case 'TABLE':
      return cloneDefinition === undefined || cloneDefinition === null ? 'BASE TABLE' : 'CLONE';
    case 'MATERIALIZED_VIEW':
      return 'MATERIALIZED VIEW';
    default:
      return type;
  }
}

function partitionColumn(table: TableResource): string | null {
  if (table.timePartitioning) return table.timePartitioning.field ?? INGESTION_TIME_COLUMN;
  return table.rangePartitioning?.field ?? table.partitionDefinition?.partitionedColumn?.[0]?.field ?? null;
}
