import * as v from 'valibot';
import { hasDate, type EpochMicros } from '../../core/time.ts';
import type { KeptPolicy, KeptSnapshot } from '../../ports/earlierCatalogs.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';
import { count, micros } from './jsonFields.ts';

/**
 * A kept catalog is JSON lines: what it is, then one row a line. So nothing blocks the extension host for longer than some
 * rows take, and half a file is noticed by its number of rows. 64-bit integers are text.
 */
const VERSION = 1;
/** Longest line, in characters; no row of an Agnes server comes near. */
export const MAX_LINE_LENGTH = 1_000_000;
/** Rows that are turned into text at once. */
const ROWS_AT_ONCE = 250;

const text = v.nullable(v.string());
const bigint = v.nullable(micros);
const instant = v.nullable(v.pipe(micros, v.check(hasDate)));

const seconds = v.pipe(
  micros,
  v.check((value) => value >= 0n),
);
const headerSchema = v.object({
  version: v.literal(VERSION),
  sourceId: v.string(),
  readAt: v.pipe(micros, v.check(hasDate)),
  rows: count,
  // Files of before, and those of sources that are judged by this machine's settings, have none.
  policy: v.optional(v.object({ intervalSeconds: seconds, thresholdSeconds: seconds, clockOffset: micros })),
});
const rowSchema = v.object({
  registration: v.object({
    id: v.string(),
    name: v.string(),
    sourceType: text,
    queryMode: text,
    bucket: text,
    sourceTable: text,
    bqFqn: text,
    hasAccessPolicy: v.boolean(),
    // Catalogs of before have none.
    folder: v.optional(text, null),
  }),
  cached: v.nullable(
    v.object({
      rows: bigint,
      sizeBytes: bigint,
      partitionBy: text,
      clusteredBy: v.nullable(v.array(v.string())),
      entityType: text,
      refreshedAt: instant,
      errorAt: instant,
      errorMessage: text,
    }),
  ),
});

/** First line of a kept catalog. */
export interface KeptHeader {
  /** The source that it was read from. */
  readonly sourceId: string;
  readonly readAt: EpochMicros;
  /** How many lines follow. */
  readonly rows: number;
  readonly policy?: KeptPolicy | undefined;
}

/** The text of a catalog, in pieces. Throws for a row that is too long. */
export function* encodeCatalog(sourceId: string, { readAt, rows, policy }: KeptSnapshot): Generator<string> {
  yield encodeLine({ version: VERSION, sourceId, readAt, rows: rows.length, policy });
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    yield rows
      .slice(start, start + ROWS_AT_ONCE)
      .map(encodeLine)
      .join('');
  }
}

function encodeLine(value: object): string {
  const line = JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'bigint' ? String(field) : field,
  );
  if (line.length > MAX_LINE_LENGTH) throw new Error('a row is too long');
  return `${line}\n`;
}

/** Throws for a line that is none of this version. */
export function decodeHeader(line: string): KeptHeader {
  return v.parse(headerSchema, JSON.parse(line));
}

/** Throws for a line that is no row. */
export function decodeRow(line: string): CatalogRow {
  return v.parse(rowSchema, JSON.parse(line));
}
