import type { DuckDBAppender } from '@duckdb/node-api';
import { MAX_ERROR_CODE_POINTS, truncateCodePoints } from '../../core/displayText.ts';
import { AgnesFailure } from '../../core/failure.ts';
import type { StorableOutcome, StoreAnswer } from '../../core/refreshOutcome.ts';
import { encodeStringList } from '../../core/stringList.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../../core/time.ts';
import {
  CACHE,
  REGISTRY,
  eligibleCondition,
  layoutObstacle,
  probeLayout,
  textColumn,
  type TableLayout,
} from './agnesLayout.ts';
import { SHARED, withDuckDbFile, type DuckDbFile, type WorkContext } from './duckDbFile.ts';
import { findChanges } from './findChanges.ts';
import { loadDuckDb } from './loadDuckDb.ts';
import type { FileArgs } from './protocol.ts';

/** Outcomes in one call; the engine stores far smaller batches. */
const MAX_OUTCOMES = 20_000;
const BIGINT_MAX = 2n ** 63n - 1n;
const BIGINT_MIN = -(2n ** 63n);

/**
 * How far ahead of this machine's clock a row may be and still count as later. Servers before 0.55.31 stored local time
 * as if it were UTC (contract, section 3): such a row can lie up to 14 hours ahead, and would otherwise refuse every
 * refresh for that long.
 */
const FUTURE_TOLERANCE_MICROS = 300n * MICROS_PER_SECOND;

/** Outcomes of one call, waiting in a temporary table to be joined with what the file holds. */
const INCOMING = `CREATE TEMP TABLE incoming (
  position INTEGER, table_id VARCHAR, ok BOOLEAN, observed_at TIMESTAMP,
  bucket VARCHAR, source_table VARCHAR, bq_fqn VARCHAR,
  rows BIGINT, size_bytes BIGINT, partition_by VARCHAR, clustered_by VARCHAR, entity_type VARCHAR,
  known_columns VARCHAR, error_msg VARCHAR)`;

/**
 * Stores outcomes in one transaction (decisions, "The fence"): each only if nothing later is in its row and its
 * registration is still eligible at the same address. The file is locked from the first read to the commit, so what was
 * decided, and compared, is what is written. A success replaces the row and clears the error; a failure changes the error alone.
 *
 * @returns what became of each, in the order given, and what of a replaced row is different. Of two for one table the
 *   later observation counts.
 */
export async function storeOutcomes(
  args: FileArgs & { readonly outcomes: readonly StorableOutcome[]; readonly now: EpochMicros },
  context: WorkContext,
): Promise<readonly StoreAnswer[]> {
  const { outcomes, now } = args;
  if (outcomes.length > MAX_OUTCOMES) {
    throw new AgnesFailure('unexpected', { detail: `more than ${MAX_OUTCOMES} outcomes at once` });
  }
  const latest = latestPositions(outcomes);
  return withDuckDbFile({ ...args, writing: true }, context, async (file) => {
    const layout = await probeLayout(file);
    const { registry, cache } = layout;
    const obstacle = layoutObstacle(layout);
    if (obstacle !== undefined || cache === undefined) {
      throw obstacle ?? new AgnesFailure('fileTooOldToWrite');
    }
    await stage(file, outcomes, latest);
    const results = outcomes.map((): StoreAnswer => ({ result: 'superseded' }));
    await file.run(verdictQuery(registry, now));
    const changes = await findChanges(file, cache, context.signal);
    await file.transaction(async () => {
      await file.run(STORE_SUCCESSES);
      await file.run(STORE_FAILURES);
      for (const [position, registered, later] of await file.rows(
        'SELECT position, registered, later FROM verdict',
      )) {
        if (typeof position !== 'number') continue;
        const change = changes.get(position);
        if (registered !== true) results[position] = { result: 'registrationChanged' };
        else if (later === true) results[position] = { result: 'superseded' };
        else results[position] = { result: 'stored', ...(change === undefined ? {} : { change }) };
      }
      context.reached('written');
    });
    context.reached('committed');
    return results;
  });
}

/** Position of the latest observation of each table; DuckDB would silently take the first of two rows with one key. */
function latestPositions(outcomes: readonly StorableOutcome[]): ReadonlySet<number> {
  const latest = new Map<string, { readonly position: number; readonly observedAt: EpochMicros }>();
  for (const [position, { tableId, observedAt }] of outcomes.entries()) {
    const other = latest.get(tableId);
    if (other === undefined || observedAt >= other.observedAt) latest.set(tableId, { position, observedAt });
  }
  return new Set(Array.from(latest.values(), ({ position }) => position));
}

async function stage(
  file: DuckDbFile,
  outcomes: readonly StorableOutcome[],
  positions: ReadonlySet<number>,
): Promise<void> {
  const { DuckDBTimestampValue } = await loadDuckDb();
  await file.run(INCOMING);
  await file.append('incoming', (appender) => {
    for (const [position, { tableId, observedAt, observation, registeredAs }] of outcomes.entries()) {
      if (!positions.has(position)) continue;
      const metadata = observation.kind === 'ok' ? observation.metadata : undefined;
      appender.appendInteger(position);
      appender.appendVarchar(tableId);
      appender.appendBoolean(observation.kind === 'ok');
      // The instant itself: neither a Date nor now(), which would go through a time zone.
      appender.appendTimestamp(new DuckDBTimestampValue(observedAt));
      appendText(appender, registeredAs.bucket);
      appendText(appender, registeredAs.sourceTable);
      appendText(appender, registeredAs.bqFqn);
      appendCount(appender, metadata?.rows ?? null);
      appendCount(appender, metadata?.sizeBytes ?? null);
      appendText(appender, metadata?.partitionBy ?? null);
      appendText(appender, encodeStringList(metadata?.clusteredBy ?? null));
      appendText(appender, metadata?.entityType ?? null);
      appendText(appender, metadata?.knownColumnsText ?? null);
      appendText(
        appender,
        observation.kind === 'failed' ? truncateCodePoints(observation.message, MAX_ERROR_CODE_POINTS) : null,
      );
      appender.endRow();
    }
  });
}

function appendText(appender: DuckDBAppender, text: string | null): void {
  if (text === null) appender.appendNull();
  else appender.appendVarchar(text);
}

/** A count that the column can't hold is "not known": a wrong number would be worse. */
function appendCount(appender: DuckDBAppender, count: bigint | null): void {
  if (count === null || count > BIGINT_MAX || count < BIGINT_MIN) appender.appendNull();
  else appender.appendBigInt(count);
}

function verdictQuery(registry: TableLayout, now: EpochMicros): string {
  const sameAddress = ['bucket', 'source_table', 'bq_fqn']
    .map((column) => `${textColumn('r', registry, column)} IS NOT DISTINCT FROM i.${column}`)
    .join(' AND ');
  const believed = `make_timestamp(${now + FUTURE_TOLERANCE_MICROS}::BIGINT)`;
  const later = (column: string): string =>
    `coalesce(c.${column} >= i.observed_at AND c.${column} <= ${believed}, false)`;
  return `
    CREATE TEMP TABLE verdict AS
    SELECT i.position,
      EXISTS (FROM ${SHARED}.main.${REGISTRY} r
        WHERE ${textColumn('r', registry, 'id')} = i.table_id
          AND ${eligibleCondition('r', registry)} AND ${sameAddress}) AS registered,
      ${later('refreshed_at')} OR ${later('error_at')} AS later
    FROM incoming i LEFT JOIN ${SHARED}.main.${CACHE} c ON c.table_id = i.table_id`;
}

/** TRY_CAST: one list that DuckDB does not take for JSON would fail the whole statement. */
const STORE_SUCCESSES = `
  INSERT INTO ${SHARED}.main.${CACHE} (table_id, rows, size_bytes, partition_by, clustered_by, entity_type,
    known_columns, refreshed_at, error_at, error_msg)
  SELECT table_id, rows, size_bytes, partition_by, TRY_CAST(clustered_by AS JSON), entity_type,
    TRY_CAST(known_columns AS JSON), observed_at, NULL, NULL
  FROM incoming SEMI JOIN (FROM verdict WHERE registered AND NOT later) USING (position)
  WHERE ok
  ON CONFLICT (table_id) DO UPDATE SET rows = excluded.rows, size_bytes = excluded.size_bytes,
    partition_by = excluded.partition_by, clustered_by = excluded.clustered_by, entity_type = excluded.entity_type,
    known_columns = excluded.known_columns, refreshed_at = excluded.refreshed_at, error_at = NULL, error_msg = NULL`;

const STORE_FAILURES = `
  INSERT INTO ${SHARED}.main.${CACHE} (table_id, error_at, error_msg)
  SELECT table_id, observed_at, error_msg
  FROM incoming SEMI JOIN (FROM verdict WHERE registered AND NOT later) USING (position)
  WHERE NOT ok
  ON CONFLICT (table_id) DO UPDATE SET error_at = excluded.error_at, error_msg = excluded.error_msg`;
