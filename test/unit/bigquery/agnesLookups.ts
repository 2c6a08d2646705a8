import type { TableResource } from '../../../src/sample/tableResource.ts';
import { notFound, STAND_IN_FAULTS, type StandInFault } from '../../../src/sample/standInFaults.ts';

/** A scripted lookup of a provider vector: a first row, rows, or what it raises. */
export interface Lookup {
  readonly row?: readonly unknown[] | null;
  readonly rows?: readonly (readonly [string | null, string, string, string, number | null])[];
  readonly raises?: Raised;
  readonly session_raises?: Raised;
}

interface Raised {
  readonly type: string;
  readonly kind?: string;
}

export interface ProviderInput {
  readonly projects?: { readonly billing: string | null; readonly data: string | null };
  readonly request: {
    readonly table_id: string;
    readonly bucket: string | null;
    readonly source_table: string | null;
  };
  readonly config_location?: unknown;
  readonly access?: { readonly raises: Raised };
  readonly client?: { readonly raises: Raised };
  readonly table_storage?: Lookup;
  readonly legacy_tables?: Lookup;
  readonly columns?: Lookup;
  readonly tables?: Lookup;
}

/** A column as Agnes normalises it (`_derive_partition_cluster`). */
export interface AgnesColumn {
  readonly name: string | null;
  readonly is_partitioning_column: unknown;
  readonly clustering_ordinal_position: number | null;
}

/** What `tables.get` would have come to for a table that Agnes's lookups saw in this way. */
export type Translation =
  | { readonly kind: 'resource'; readonly resource: TableResource }
  | { readonly kind: 'fault'; readonly fault: StandInFault }
  | { readonly kind: 'noCredentials' }
  | { readonly kind: 'notConfigured' }
  /** One request has nothing that corresponds to it. */
  | { readonly kind: 'inexpressible' };

export function translateLookups(input: ProviderInput): Translation {
  const { table_storage, legacy_tables, columns, tables } = input;
  if (input.access !== undefined) return { kind: 'notConfigured' };
  if (input.client?.raises.kind === 'auth_failed') return { kind: 'noCredentials' };
  if (typeof input.config_location === 'number') return { kind: 'inexpressible' };
  if (columns?.session_raises !== undefined) return { kind: 'inexpressible' };
  // the lookups on the table itself; those on region and dataset need rights that tables.get does not
  const raised = [legacy_tables, columns, tables].find((lookup) => lookup?.raises !== undefined)?.raises;
  if (raised !== undefined) return { kind: 'fault', fault: faultOf(raised) };
  const counts = table_storage?.row ?? legacy_tables?.row ?? [null, null];
  if (counts.length !== 2 || (tables?.row ?? []).length > 1) return { kind: 'inexpressible' };
  const resource = {
    ...(isUnknown(counts[0]) ? {} : { numRows: String(counts[0]) }),
    ...(isUnknown(counts[1]) ? {} : { numBytes: String(counts[1]) }),
    ...entity(tables?.row?.[0]),
    ...translateColumns((columns?.rows ?? []).map(normalise)),
  };
  return { kind: 'resource', resource: resource };
}

/** Columns with their flags → schema, partitioning and clustering as the REST resource has them. */
export function translateColumns(columns: readonly AgnesColumn[]): TableResource {
  const partition = columns.find((column) => isTruthy(column.is_partitioning_column));
  const clustered = columns
    .filter((column) => column.clustering_ordinal_position !== null)
    .sort((a, b) => (a.clustering_ordinal_position ?? 0) - (b.clustering_ordinal_position ?? 0));
  const real = columns.filter((column) => !isPseudo(column.name));
  const resource = {
    ...(partition === undefined ? {} : { timePartitioning: partitioning(partition.name) }),
    ...(clustered.length === 0 ? {} : { clustering: { fields: clustered.map(({ name }) => name) } }),
    ...(real.length === 0 ? {} : { schema: { fields: real.map(({ name }) => ({ name })) } }),
  };
  return resource as TableResource; // some vectors have columns without a name
}

function normalise([name, , , partitioning, position]: NonNullable<Lookup['rows']>[number]): AgnesColumn {
  return { name, is_partitioning_column: partitioning === 'YES', clustering_ordinal_position: position };
}

function partitioning(column: string | null): object {
  return isPseudo(column) ? { type: 'DAY' } : { type: 'DAY', field: column };
}

function isPseudo(name: string | null): boolean {
  return name === '_PARTITIONTIME' || name === '_PARTITIONDATE';
}

function entity(type: unknown): object {
  if (isUnknown(type)) return {};
  if (type === 'CLONE') return { type: 'TABLE', cloneDefinition: { cloneTime: '2026-01-01T00:00:00Z' } };
  if (type === 'BASE TABLE') return { type: 'TABLE' };
  return { type: type === 'MATERIALIZED VIEW' ? 'MATERIALIZED_VIEW' : type };
}

function faultOf({ type }: Raised): StandInFault {
  if (type === 'Forbidden') return STAND_IN_FAULTS.accessDenied;
  if (type === 'NotFound') return notFound('Dataset', 'data-proj:sales');
  return STAND_IN_FAULTS.backendError;
}

function isUnknown(value: unknown): boolean {
  return value === null || value === undefined;
}

/** Python's truth of what the vectors hold. */
function isTruthy(value: unknown): boolean {
  return value !== false && value !== null && value !== undefined && value !== '';
}
