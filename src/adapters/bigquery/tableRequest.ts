import type { TableAddress } from '../../core/tableAddress.ts';

/**
 * What is asked for of a table, in Google's partial-response syntax: nothing below the names of top-level columns, which
 * makes 5.8 KB of the 1.15 MB of a table with 10,000 columns. `view` stays at its default: the basic view has no counts.
 */
export const TABLE_FIELDS = [
  'kind',
  'type',
  'numRows',
  'numBytes',
  'numTotalLogicalBytes',
  'cloneDefinition(cloneTime)',
  'timePartitioning(type,field)',
  'rangePartitioning(field)',
  'partitionDefinition(partitionedColumn(field))',
  'clustering(fields)',
  'schema(fields(name))',
].join(',');

/** Address of one `tables.get`. */
export function tableUrl(baseUrl: string, { project, dataset, table }: TableAddress): URL {
  const url = new URL(
    `${baseUrl}/bigquery/v2/projects/${encodeURIComponent(project)}` +
      `/datasets/${encodeURIComponent(dataset)}/tables/${encodeURIComponent(table)}`,
  );
  url.searchParams.set('fields', TABLE_FIELDS);
  url.searchParams.set('prettyPrint', 'false');
  return url;
}
