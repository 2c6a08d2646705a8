import assert from 'node:assert/strict';
import type { TableMetadata } from '../../../src/core/cachedMetadata.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import type { RefreshOutcome, StorableOutcome } from '../../../src/core/refreshOutcome.ts';
import { encodeStringList } from '../../../src/core/stringList.ts';
import { RefreshEngine } from '../../../src/engine/refreshEngine.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { fakeParts, registration, type FakeParts } from '../../fixtures/engineFakes.ts';
import { readVectors } from '../../fixtures/vectors.ts';

interface ScriptedMetadata {
  readonly rows?: number | bigint | null;
  readonly size_bytes?: number | bigint | null;
  readonly partition_by?: string | null;
  readonly clustered_by?: readonly string[] | null;
  readonly entity_type?: string | null;
  readonly known_columns?: readonly string[] | null;
}

interface RefreshVector {
  readonly name: string;
  readonly row: Readonly<Record<'id' | 'bucket' | 'source_table' | 'bq_fqn', string | null | undefined>>;
  readonly fetch: {
    readonly returns?: ScriptedMetadata | null;
    readonly raises?: {
      readonly type: string;
      readonly message?: string;
      readonly args?: readonly unknown[];
    };
  };
  readonly db_raises?: unknown;
  readonly returned: Readonly<Record<string, unknown>> | null;
  readonly fetch_request: { readonly bucket: string; readonly source_table: string } | null;
  readonly sql_params?: readonly {
    readonly kind: 'success' | 'error' | 'upsert';
    readonly params: readonly unknown[];
  }[];
}

describe('refresh of one table, held against Agnes', () => {
  for (const vector of readVectors<RefreshVector>('refresh_outcome')) {
    const difference = differenceOf(vector.id);
    it(`${vector.id} ${vector.name}${difference === undefined ? '' : ' (deliberate difference)'}`, async () => {
      const parts = fakeParts([registrationOf(vector)]);
      script(parts, vector);
      const outcome = await new RefreshEngine(parts)
        .refreshTable(vector.row.id ?? '', new AbortController().signal)
        .catch((error: unknown) => error);
      if (difference !== undefined) {
        checkDifference(vector, parts);
        return;
      }
      assert.deepEqual(parts.provider.asked, askedOf(vector));
      if (vector.db_raises != null) {
        // In Agnes the database's exception leaves refresh_one; here it leaves as a failure with a reason.
        assert.ok(outcome instanceof AgnesFailure && outcome.reason === 'fileBusy');
        return;
      }
      assert.ok(isOutcome(outcome));
      assert.deepEqual(toAgnes(outcome), vector.returned);
      const [stored] = parts.store.stored;
      assert.deepEqual(stored && paramsOf(stored), vector.sql_params?.[0]?.params);
    });
  }
});

function registrationOf({ row }: RefreshVector): ReturnType<typeof registration> {
  return registration(row.id ?? '', {
    bucket: row.bucket ?? null,
    sourceTable: row.source_table ?? null,
    bqFqn: row.bq_fqn ?? null,
  });
}

function script(parts: FakeParts, { row, fetch, db_raises }: RefreshVector): void {
  const table = row.source_table == null || row.source_table === '' ? (row.id ?? '') : row.source_table;
  const names = [table, 'real_table'];
  for (const name of names) {
    if (fetch.raises !== undefined) parts.provider.answers.set(name, [raised(fetch.raises)]);
    else if (fetch.returns == null) parts.provider.answers.set(name, [{ kind: 'noData', message: '' }]);
    else parts.provider.answers.set(name, [{ kind: 'ok', metadata: metadataOf(fetch.returns) }]);
  }
  if (db_raises !== undefined && db_raises !== null)
    parts.store.storeFailures.push(new AgnesFailure('fileBusy'));
}

/** Python's `<Class>: <str>` of what was raised; an errno picks the class and the words there. */
function raised({ type, message, args }: NonNullable<RefreshVector['fetch']['raises']>): Error {
  const error = new Error(
    args === undefined ? (message ?? '') : `[Errno ${String(args[0])}] ${String(args[1])}`,
  );
  error.name = args === undefined ? type : 'PermissionError';
  return error;
}

function metadataOf(scripted: ScriptedMetadata): TableMetadata {
  return {
    rows: toBigint(scripted.rows),
    sizeBytes: toBigint(scripted.size_bytes),
    partitionBy: scripted.partition_by ?? null,
    clusteredBy: scripted.clustered_by ?? null,
    entityType: scripted.entity_type ?? null,
    knownColumns: scripted.known_columns ?? null,
    lastModified: null,
  };
}

function toBigint(value: number | bigint | null | undefined): bigint | null {
  return value == null ? null : BigInt(value);
}

function askedOf({ fetch_request: request }: RefreshVector): readonly string[] {
  return request === null ? [] : [`my-project.${request.bucket}.${request.source_table}`];
}

/** The answer of Agnes's API for an outcome, without its times. */
function toAgnes(outcome: RefreshOutcome): Record<string, unknown> {
  const common = { table_id: outcome.tableId, status: outcome.status };
  if (outcome.status === 'ok') {
    const { rows, sizeBytes, entityType } = outcome.metadata;
    return { ...common, rows: plain(rows), size_bytes: plain(sizeBytes), entity_type: entityType };
  }
  return outcome.status === 'error' ? { ...common, error: outcome.message } : common;
}

/** What Agnes binds for the same outcome. */
function paramsOf({ tableId, observation }: StorableOutcome): readonly unknown[] {
  if (observation.kind === 'failed') return [tableId, '<now>', observation.message];
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType, knownColumnsText } = observation.metadata;
  const lists = [encodeStringList(clusteredBy), knownColumnsText].map(pythonJson);
  return [tableId, plain(rows), plain(sizeBytes), partitionBy, lists[0], entityType, lists[1], '<now>'];
}

/** `json.dumps` spaces its lists and escapes what is not ASCII; both texts read the same (contract, 2.3). */
function pythonJson(text: string | null): string | null {
  if (text === null) return null;
  const list = JSON.parse(text) as readonly string[];
  const items = list.map((item) =>
    JSON.stringify(item).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
  return `[${items.join(', ')}]`;
}

function plain(value: bigint | null): number | bigint | null {
  return value !== null && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function isOutcome(value: unknown): value is RefreshOutcome {
  return typeof value === 'object' && value !== null && 'status' in value;
}

/** What we do instead. */
function checkDifference({ row }: RefreshVector, parts: FakeParts): void {
  assert.deepEqual(parts.provider.asked, [row.bq_fqn]);
}
