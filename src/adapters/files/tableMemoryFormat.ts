import * as v from 'valibot';
import type { FailureReason } from '../../core/failure.ts';
import type { HistoryPoint, TableFacts } from '../../core/tableFacts.ts';
import { hasDate } from '../../core/time.ts';
import { micros } from './jsonFields.ts';
import { tableChangeSchema } from './tableChangeSchema.ts';

/**
 * What is remembered of tables is JSON lines: facts as one object a table, after a line that says what they are; history as
 * one short list a point. 64-bit integers are text. Names of columns stand in it where they came or went, also of tables with
 * an access policy: the files are the user's own, for nobody else to read.
 */
const VERSION = 1;
/** Longest line, in characters: a table whose facts are longer is not remembered on disk. */
export const MAX_LINE_LENGTH = 64 * 1024;

const instant = v.pipe(micros, v.check(hasDate));
const text = v.nullable(v.string());
const bigint = v.nullable(micros);

const headerSchema = v.object({
  version: v.literal(VERSION),
  sourceId: v.string(),
  /** Of this one writing: another file has another one. */
  written: v.pipe(v.string(), v.maxLength(64)),
});
const factsSchema = v.object({
  id: v.string(),
  lastModified: v.nullable(v.object({ at: instant, observedAt: instant })),
  seen: v.nullable(
    v.object({
      at: instant,
      rows: bigint,
      entityType: text,
      partitionBy: text,
      registeredAs: v.object({ bucket: text, sourceTable: text, bqFqn: text }),
    }),
  ),
  change: v.nullable(v.object({ at: instant, what: tableChangeSchema })),
  failure: v.nullable(
    v.object({
      at: instant,
      // Reasons of later versions pass: they are shown by the words for the unexpected.
      reason: v.pipe(
        v.string(),
        v.maxLength(64),
        v.transform((word) => word as FailureReason),
      ),
    }),
  ),
});
const pointSchema = v.tuple([v.string(), instant, bigint, bigint]);

/** First line of a file of facts. */
export interface FactsHeader {
  readonly sourceId: string;
  /** Names this one writing of the file. */
  readonly written: string;
}

export function encodeFactsHeader(header: FactsHeader): string {
  return `${JSON.stringify({ version: VERSION, ...header })}\n`;
}

/** `undefined` for a line that is none of this version. */
export function decodeFactsHeader(line: string): FactsHeader | undefined {
  return decode(headerSchema, line);
}

/** The line of one table, or nothing where it would be too long. */
export function encodeFacts(id: string, facts: TableFacts): string {
  return bounded(JSON.stringify({ id, ...facts }, bigintAsText));
}

/** `undefined` for a line that is none. */
export function decodeFacts(line: string): readonly [id: string, facts: TableFacts] | undefined {
  const read = decode(factsSchema, line);
  if (read === undefined) return undefined;
  const { id, ...facts } = read;
  return [id, facts];
}

/** The line of one point, or nothing where it would be too long. */
export function encodePoint(id: string, { at, rows, sizeBytes }: HistoryPoint): string {
  return bounded(JSON.stringify([id, at, rows, sizeBytes], bigintAsText));
}

/** How each line of one table's points begins. */
export function beginningOfPoints(id: string): string {
  return `[${JSON.stringify(id)},`;
}

/** `undefined` for a line that is none, such as one that a crash cut off. */
export function decodePoint(line: string): readonly [id: string, point: HistoryPoint] | undefined {
  const read = decode(pointSchema, line);
  if (read === undefined) return undefined;
  const [id, at, rows, sizeBytes] = read;
  return [id, { at, rows, sizeBytes }];
}

function bounded(line: string): string {
  return line.length > MAX_LINE_LENGTH ? '' : `${line}\n`;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function decode<T extends v.GenericSchema>(schema: T, line: string): v.InferOutput<T> | undefined {
  if (line.length > MAX_LINE_LENGTH) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const read = v.safeParse(schema, value);
  return read.success ? read.output : undefined;
}
