import assert from 'node:assert/strict';

import type { Fetch } from '../../../src/adapters/bigquery/fetch.ts';
import { BigQueryProvider } from '../../../src/adapters/bigquery/bigQueryProvider.ts';
import { mapTable } from '../../../src/adapters/bigquery/tableMapping.ts';
import { resolveAddress } from '../../../src/core/tableAddress.ts';
import { errorBody } from '../../../src/sample/standInFaults.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { readVectors } from '../../fixtures/vectors.ts';
import {
  translateColumns,
  translateLookups,
  type AgnesColumn,
  type ProviderInput,
  type Translation,
} from './agnesLookups.ts';

type Integer = number | bigint;

interface ProviderVector {
  readonly name: string;
  readonly input: ProviderInput;
  readonly expected: {
    readonly rows: Integer | null;
    readonly size_bytes: Integer | null;
    readonly partition_by: string | null;
    readonly clustered_by: readonly string[] | null;
    readonly entity_type: string | null;
    readonly known_columns: readonly (string | null)[] | null;
  } | null;
  readonly raises?: object;
}

interface ColumnsVector {
  readonly note?: string;
  readonly columns: readonly AgnesColumn[];
  readonly expected: {
    readonly partition_by: string | null;
    readonly clustered_by: readonly string[];
  } | null;
}

describe('provider vectors', () => {
  for (const vector of readVectors<ProviderVector>('provider')) {
    const difference = differenceOf(vector.id);
    it(`${vector.id} ${vector.name}${difference === undefined ? '' : ' (deliberate difference)'}`, async () => {
      const ours = await outcome(vector.input);
      if (difference === undefined) assert.deepEqual(ours, expectedOutcome(vector));
      else assert.notDeepEqual(ours, expectedOutcome(vector), 'does as Agnes does: no difference any more');
    });
  }
});

describe('partition and cluster vectors', () => {
  for (const vector of readVectors<ColumnsVector>('partition_cluster')) {
    const difference = differenceOf(vector.id);
    it(`${vector.id} ${vector.note ?? ''}${difference === undefined ? '' : ' (deliberate difference)'}`, () => {
      const mapping = mapTable({
        kind: 'bigquery#table',
        type: 'TABLE',
        ...translateColumns(vector.columns),
      });
      const ours =
        mapping.kind === 'mapped'
          ? { partition_by: mapping.metadata.partitionBy, clustered_by: mapping.metadata.clusteredBy }
          : null;
      if (difference === undefined) assert.deepEqual(ours, vector.expected);
      else assert.notDeepEqual(ours, vector.expected, 'does as Agnes does: no difference any more');
    });
  }
});

/** Agnes's three outcomes of a fetch, and the one that only we have. */
type Outcome = object | 'no data' | 'error' | "not the table's";

function expectedOutcome({ expected, raises }: ProviderVector): Outcome {
  if (raises !== undefined) return 'error';
  if (expected === null) return 'no data';
  const integer = (value: Integer | null): bigint | null => (value === null ? null : BigInt(value));
  return { ...expected, rows: integer(expected.rows), size_bytes: integer(expected.size_bytes) };
}

async function outcome(input: ProviderInput): Promise<Outcome | undefined> {
  const { bucket, source_table: sourceTable, table_id: id } = input.request;
  const translation = translateLookups(input);
  if (translation.kind === 'inexpressible') return undefined;
  if (translation.kind === 'notConfigured') return "not the table's";
  const project = input.projects?.data ?? '';
  const resolution = resolveAddress(
    { id, bucket, sourceTable, bqFqn: null },
    project === '' ? undefined : project,
  );
  if (resolution.kind === 'invalid') return 'error';
  if (resolution.kind === 'noProject') return "not the table's";
  const answer = await providerOf(translation).fetchTable(resolution.address, new AbortController().signal);
  switch (answer.kind) {
    case 'ok':
      return {
        rows: answer.metadata.rows,
        size_bytes: answer.metadata.sizeBytes,
        partition_by: answer.metadata.partitionBy,
        clustered_by: answer.metadata.clusteredBy,
        entity_type: answer.metadata.entityType,
        known_columns: answer.metadata.knownColumns,
      };
    case 'noData':
      return 'no data';
    case 'tableError':
      return 'error';
    case 'callerFault':
    case 'transient':
      return "not the table's";
  }
}

/** A provider before a BigQuery that answers as the lookups were translated. */
function providerOf(translation: Translation): BigQueryProvider {
  const fetch: Fetch = () => Promise.resolve(answerOf(translation));
  return new BigQueryProvider({
    configuration: {
      project: undefined,
      billingProject: undefined,
      credentialsFile: undefined,
      endpoint: { baseUrl: 'https://bigquery.googleapis.com', isGoogle: true },
    },
    fetch,
    clock: new FakeClock(),
    environment: {},
    platform: 'linux',
    loadTokenClient: () =>
      translation.kind === 'noCredentials'
        ? Promise.reject(new Error('Could not load the default credentials.'))
        : Promise.resolve({
            getRequestHeaders: () => Promise.resolve(new Headers({ authorization: 'Bearer t' })),
          }),
  });
}

function answerOf(translation: Translation): Response {
  if (translation.kind === 'resource') {
    return Response.json({ kind: 'bigquery#table', ...translation.resource });
  }
  assert.ok(translation.kind === 'fault' && translation.fault.kind === 'error');
  const { fault } = translation;
  return new Response(errorBody(fault), { status: fault.httpStatus });
}
