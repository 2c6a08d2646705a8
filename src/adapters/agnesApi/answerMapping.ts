import type { InferOutput } from 'valibot';

import { MAX_ERROR_CODE_POINTS, truncateCodePoints } from '../../core/displayText.ts';
import { decodeGotchas, encodeGotchas, toGotchas } from '../../core/gotchas.ts';
import type { EpochMicros } from '../../core/time.ts';
import type {
  ServerRegistration,
  ServerRunSummary,
  ServerStatus,
  ServerTable,
  ServerTableAnswer,
} from '../../ports/agnesServer.ts';
import type { catalogAnswer, registryAnswer, runAnswer, statusAnswer, tableAnswer } from './answerSchemas.ts';

/** Longest text about a table that is kept, in code points. */
const MAX_PROSE_CODE_POINTS = 65_536;

export function toTables({ tables }: InferOutput<typeof catalogAnswer>): readonly ServerTable[] {
  return tables.map((row) => ({
    id: row.id,
    name: row.name ?? row.id,
    description: prose(row.description),
    sourceType: row.source_type,
    queryMode: row.query_mode,
    partitionBy: row.partition_by,
    clusteredBy: row.clustered_by,
    hasWhereExamples: row.where_examples.length > 0,
    freshness: row.metadata_freshness ?? assumedFreshness(row),
  }));
}

/**
 * Stands in for a word that the server does not give, or that came after this version. A table that can only be remote and in
 * BigQuery is to be shown, as `stale`: that claims neither that it has up-to-date metadata nor that there are none.
 */
function assumedFreshness({
  source_type: sourceType,
  query_mode: queryMode,
}: InferOutput<typeof catalogAnswer>['tables'][number]): ServerTable['freshness'] {
  const isOther = (sourceType ?? 'bigquery') !== 'bigquery' || (queryMode ?? 'remote') !== 'remote';
  return isOther ? 'not_applicable' : 'stale';
}

/** @returns with it, how many times could not be read; they count as not known */
export function toStatus(answer: InferOutput<typeof statusAnswer>): {
  readonly status: ServerStatus;
  readonly unreadableTimes: number;
} {
  let unreadableTimes = 0;
  const known = (time: EpochMicros | null | undefined): EpochMicros | null => {
    if (time === undefined) unreadableTimes += 1;
    return time ?? null;
  };
  const rows = answer.tables.map((row) => ({
    tableId: row.table_id,
    refreshedAt: known(row.refreshed_at),
    errorAt: known(row.error_at),
    errorMessage: row.error_msg,
    rows: row.rows,
    sizeBytes: row.size_bytes,
    partitionBy: row.partition_by,
    clusteredBy: row.clustered_by,
    entityType: row.entity_type,
    knownColumns: row.known_columns,
  }));
  const status = {
    intervalSeconds: answer.scheduler_interval_seconds,
    thresholdSeconds: answer.fresh_threshold_seconds,
    serverTime: answer.server_time,
    rows,
  };
  return { status, unreadableTimes };
}

export function toRegistrations({
  tables,
}: InferOutput<typeof registryAnswer>): readonly ServerRegistration[] {
  return tables.map((row) => ({
    id: row.id,
    sourceType: row.source_type,
    queryMode: row.query_mode,
    bucket: row.bucket,
    sourceTable: row.source_table,
    bqFqn: row.bq_fqn,
    folder: prose(row.folder),
    grain: prose(row.grain),
    gotchasText: encodeGotchas(
      typeof row.gotchas === 'string' ? decodeGotchas(row.gotchas) : toGotchas(row.gotchas),
    ),
    thingsToKnow: prose(row.things_to_know),
  }));
}

/** Text for people; `null` where it says nothing. */
function prose(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : truncateCodePoints(text, MAX_PROSE_CODE_POINTS);
}

export function toRunSummary(answer: InferOutput<typeof runAnswer>): ServerRunSummary {
  return {
    runId: answer.run_id,
    startedAt: answer.started_at,
    total: answer.total,
    succeeded: answer.succeeded,
    noData: answer.no_data,
    failed: answer.failed,
    durationMs: answer.duration_ms,
  };
}

export function toTableAnswer(answer: InferOutput<typeof tableAnswer>): ServerTableAnswer {
  const timing = { fetchMs: answer.fetch_ms, totalMs: answer.total_ms };
  switch (answer.status) {
    case 'ok':
      return {
        ...timing,
        status: 'ok',
        rows: answer.rows,
        sizeBytes: answer.size_bytes,
        entityType: answer.entity_type,
      };
    case 'no_data':
      return { ...timing, status: 'no_data' };
    case 'error':
      return {
        ...timing,
        status: 'error',
        message: truncateCodePoints(answer.error, MAX_ERROR_CODE_POINTS),
      };
  }
}
