import * as v from 'valibot';

import type { ServerTable } from '../../ports/agnesServer.ts';
import {
  count,
  names,
  proseOrNone,
  readTime,
  runIdOrNone,
  shownRunId,
  smallCount,
  textOrNone,
  time,
  timeOrNone,
} from './answerFields.ts';

// Shapes of answers (contract, sections 6 and 7), as far as they are used. Fields that are not named here are dropped.

const FRESHNESS_WORDS = [
  'fresh',
  'stale',
  'error',
  'never_fetched',
  'not_applicable',
] as const satisfies readonly ServerTable['freshness'][];

/** `GET /api/v2/catalog`. A freshness that is not known here is `null`: it must not hide all the other tables. */
export const catalogAnswer = v.object({
  tables: v.array(
    v.object({
      id: v.string(),
      name: textOrNone,
      description: textOrNone,
      source_type: textOrNone,
      query_mode: textOrNone,
      partition_by: textOrNone,
      clustered_by: names,
      where_examples: names,
      metadata_freshness: v.fallback(v.nullish(v.picklist(FRESHNESS_WORDS), null), null),
    }),
  ),
});

/** `GET /api/v2/metadata-cache/status`. */
export const statusAnswer = v.object({
  scheduler_interval_seconds: count,
  fresh_threshold_seconds: count,
  server_time: time,
  tables: v.array(
    v.object({
      table_id: v.string(),
      refreshed_at: timeOrNone,
      error_at: timeOrNone,
      error_msg: textOrNone,
      rows: v.nullable(count),
      size_bytes: v.nullable(count),
      partition_by: textOrNone,
      clustered_by: names,
      entity_type: textOrNone,
      known_columns: names,
    }),
  ),
});

/** `GET /api/admin/registry`. Servers of 0.52 have no `bq_fqn` and no documentation. */
export const registryAnswer = v.object({
  tables: v.array(
    v.object({
      id: v.string(),
      source_type: textOrNone,
      query_mode: textOrNone,
      bucket: textOrNone,
      source_table: textOrNone,
      bq_fqn: textOrNone,
      folder: textOrNone,
      grain: proseOrNone,
      /** A list, or the JSON text of one, as the column holds it (contract, 2.4). */
      gotchas: v.optional(v.unknown()),
      things_to_know: proseOrNone,
    }),
  ),
});

/** A run that ended: 200 of `POST /api/admin/run-bq-metadata-refresh`. */
export const runAnswer = v.object({
  run_id: shownRunId,
  started_at: time,
  total: smallCount,
  succeeded: smallCount,
  no_data: smallCount,
  failed: smallCount,
  duration_ms: smallCount,
});

/** 409 of the same: a run is on. Which one is told as far as it can be read. */
export const alreadyRunningAnswer = v.object({
  detail: v.object({
    reason: v.literal('already_running'),
    run_id: runIdOrNone,
    started_at: v.fallback(v.nullable(time), null),
  }),
});

/** Servers of 0.52 don't tell it. */
const timing = { fetch_ms: v.nullish(smallCount, null), total_ms: v.nullish(smallCount, null) };

/** 200 of `POST /api/v2/metadata-cache/refresh`, for all three outcomes. */
export const tableAnswer = v.variant('status', [
  v.object({
    status: v.literal('ok'),
    rows: v.nullish(count, null),
    size_bytes: v.nullish(count, null),
    entity_type: textOrNone,
    ...timing,
  }),
  v.object({ status: v.literal('no_data'), ...timing }),
  v.object({ status: v.literal('error'), error: v.string(), ...timing }),
]);

/** `GET /api/health`. */
export const healthAnswer = v.object({ status: v.string() });

/** `GET /api/version`. */
export const versionAnswer = v.object({ version: v.string() });

/** `POST /cli/auth/exchange`. The token has to be one that a header can carry. */
export const exchangeAnswer = v.object({
  token: v.pipe(
    v.string(),
    v.check((text) => /^[\x21-\x7e]+$/.test(text), 'token'),
  ),
  email: textOrNone,
  expires_at: v.nullish(v.pipe(v.string(), v.transform(readTime))),
});

/** Any answer that is not a success: `detail` is a text, an object or a list. */
export const errorAnswer = v.object({
  detail: v.optional(v.unknown()),
  request_id: v.fallback(v.optional(v.string()), undefined),
});
