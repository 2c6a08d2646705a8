import { isQuotedIdentifier, isProjectId } from './identifiers.ts';
import type { TableRegistration } from './tableRegistration.ts';

/** Physical place of a table in BigQuery; every part has passed its rule. */
export interface TableAddress {
  readonly project: string;
  readonly dataset: string;
  readonly table: string;
}

export type AddressResolution =
  | { readonly kind: 'address'; readonly address: TableAddress }
  /** The row can't name a table: wrong with this one row. */
  | { readonly kind: 'invalid' }
  /** The row relies on the configured project, and there is none: wrong with the configuration. */
  | { readonly kind: 'noProject' };

/**
 * Address of a registration: a valid `bq_fqn`, else configured project + bucket + (source table or id). Agnes itself
 * ignores `bq_fqn` here and can store another table's numbers (contract, 2.6); that is a deliberate difference.
 */
export function resolveAddress(
  row: Pick<TableRegistration, 'id' | 'bucket' | 'sourceTable' | 'bqFqn'>,
  configuredProject: string | undefined,
): AddressResolution {
  const physical = parseFullyQualifiedName(row.bqFqn);
  if (physical !== undefined) return { kind: 'address', address: physical };
  const dataset = row.bucket ?? '';
  const table = row.sourceTable === null || row.sourceTable === '' ? row.id : row.sourceTable;
  if (!isQuotedIdentifier(dataset) || !isQuotedIdentifier(table)) return { kind: 'invalid' };
  if (configuredProject === undefined) return { kind: 'noProject' };
  return { kind: 'address', address: { project: configuredProject, dataset, table } };
}

/** `project.dataset.table`: exactly three segments, each by its rule; anything else is "not set". */
export function parseFullyQualifiedName(text: string | null): TableAddress | undefined {
  const [project, dataset, table, ...rest] = (text ?? '').split('.');
  if (project === undefined || dataset === undefined || table === undefined || rest.length > 0)
    return undefined;
  if (!isProjectId(project) || !isQuotedIdentifier(dataset) || !isQuotedIdentifier(table)) return undefined;
  return { project, dataset, table };
}

/** `project.dataset.table`, for the log and for people. */
export function formatAddress({ project, dataset, table }: TableAddress): string {
  return `${project}.${dataset}.${table}`;
}
