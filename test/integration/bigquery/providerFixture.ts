import {
  resolveBigQueryConfiguration,
  type BigQuerySettings,
} from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import {
  BigQueryProvider,
  type BigQueryProviderOptions,
} from '../../../src/adapters/bigquery/bigQueryProvider.ts';
import type { Fetch } from '../../../src/adapters/bigquery/fetch.ts';
import type { TokenClient } from '../../../src/adapters/bigquery/googleTokenClient.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import type { TableAddress } from '../../../src/core/tableAddress.ts';
import type {
  InspectionAnswer,
  MetadataProvider,
  ProviderAnswer,
} from '../../../src/ports/metadataProvider.ts';
import type { StandInTable } from '../../../src/sample/bigQueryStandIn.ts';

export const ORDERS: TableAddress = { project: 'test-project', dataset: 'sales', table: 'orders' };

export const ORDERS_TABLE: StandInTable = {
  resource: {
    type: 'TABLE',
    numRows: '12',
    numBytes: '3400',
    timePartitioning: { type: 'DAY', field: 'day' },
    clustering: { fields: ['country'] },
    lastModifiedTime: '1780000000123',
    schema: {
      fields: [
        { name: 'id', type: 'INTEGER', mode: 'REQUIRED' },
        { name: 'day', type: 'DATE' },
        { name: 'country', type: 'STRING' },
      ],
    },
  },
};

export const ORDERS_METADATA = {
  rows: 12n,
  sizeBytes: 3400n,
  partitionBy: 'day',
  clusteredBy: ['country'],
  entityType: 'BASE TABLE',
  knownColumns: ['id', 'day', 'country'],
  lastModified: 1_780_000_000_123_000n,
};

export function tablesWith(orders: Partial<StandInTable>): ReadonlyMap<string, StandInTable> {
  return new Map([['test-project.sales.orders', { ...ORDERS_TABLE, ...orders }]]);
}

/** A provider as the host builds it, with the given settings and parts of it replaced. */
export function createProvider(
  settings: BigQuerySettings,
  options: Partial<BigQueryProviderOptions> = {},
): BigQueryProvider {
  return new BigQueryProvider({
    configuration: resolveBigQueryConfiguration(settings, {}),
    fetch: globalThis.fetch,
    clock: createSystemClock(),
    environment: {},
    platform: process.platform,
    ...options,
  });
}

export function ask(
  provider: MetadataProvider,
  address = ORDERS,
  signal = new AbortController().signal,
): Promise<ProviderAnswer> {
  return provider.fetchTable(address, signal);
}

export function inspect(
  provider: MetadataProvider,
  address = ORDERS,
  signal = new AbortController().signal,
): Promise<InspectionAnswer> {
  return provider.inspectTable(address, signal);
}

/** A network in which `bigquery.googleapis.com` is the stand-in; other hosts are refused. */
export function googleAt(standInUrl: string): Fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.host !== 'bigquery.googleapis.com') return Promise.reject(new TypeError('fetch failed'));
    return globalThis.fetch(new URL(url.pathname + url.search, standInUrl), init);
  };
}

/** Credentials that hold one token. */
export const aToken: TokenClient = {
  getRequestHeaders: () => Promise.resolve(new Headers({ authorization: 'Bearer the-token' })),
};
