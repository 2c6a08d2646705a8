import type { TableAddress } from '../../core/tableAddress.ts';

/**
 * What a refresh asks for of a table, in Google's partial-response syntax: nothing below the names of top-level columns, which
 * makes 5.8 KB of the 1.15 MB of a table with 10,000 columns. `view` stays at its default: the basic view has no counts.
 */
export const TABLE_FIELDS = [
  'kind',
  'type',
  'numRows',
  'numBytes',
  'numTotalLogicalBytes',
  'lastModifiedTime',
  'cloneDefinition(cloneTime)',
  'timePartitioning(type,field)',
  'rangePartitioning(field)',
  'partitionDefinition(partitionedColumn(field))',
  'clustering(fields)',
  'schema(fields(name))',
].join(',');

/**
 * What is asked for when somebody looks at one table: not the policy tags and default values of columns, which would make
 * most of a wide table. Records come whole, for the mask has no word for "and so on below".
 */
export const INSPECTION_FIELDS = [
  'kind',
  'type',
  'lastModifiedTime',
  'creationTime',
  'expirationTime',
  'location',
  'streamingBuffer(estimatedRows,estimatedBytes,oldestEntryTime)',
  'schema(fields(name,type,rangeElementType,mode,description,fields))',
].join(',');

/** Address of one `tables.get`; `fields` is what is asked for. */
export function tableUrl(baseUrl: string, { project, dataset, table }: TableAddress, fields: string): URL {
  const url = new URL(
    `${baseUrl}/bigquery/v2/projects/${encodeURIComponent(project)}` +
      `/datasets/${encodeURIComponent(dataset)}/tables/${encodeURIComponent(table)}`,
  );
  url.searchParams.set('fields', fields);
  url.searchParams.set('prettyPrint', 'false');
  return url;
}
