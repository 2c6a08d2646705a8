import type { TableAddress } from '../core/tableAddress.ts';

/** Page of a table in Google's console. */
export function consoleUrl({ project, dataset, table }: TableAddress): string {
  const query = new URLSearchParams({ p: project, d: dataset, t: table, page: 'table' });
  return `https://console.cloud.google.com/bigquery?${query.toString()}`;
}
