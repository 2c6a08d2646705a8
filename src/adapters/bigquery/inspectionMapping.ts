import type { InspectedColumn, StreamingBuffer, TableInspection } from '../../core/cachedMetadata.ts';
import { truncateCodePoints } from '../../core/displayText.ts';
import { readCount, readEpochMs } from './int64Text.ts';
import { isTableResource, lastModifiedOf, type Unmapped } from './tableMapping.ts';

// BigQuery's own limits, so nothing of a real table is cut off; another endpoint's answer ends there.
export const MAX_COLUMNS = 10_000;
/** Levels of records; the fields of the last one are one name further down. */
export const MAX_RECORD_DEPTH = 15;
const MAX_NAME_LENGTH = 300;
const MAX_DESCRIPTION_LENGTH = 1_024;
/** Of a type or a region. */
const MAX_WORD_LENGTH = 100;

/** The API's older words for types that have another name in SQL. */
const SQL_TYPES: ReadonlyMap<string, string> = new Map([
  ['INTEGER', 'INT64'],
  ['FLOAT', 'FLOAT64'],
  ['BOOLEAN', 'BOOL'],
  ['RECORD', 'STRUCT'],
]);

export type InspectionMapping =
  { readonly kind: 'mapped'; readonly inspection: Omit<TableInspection, 'observedAt'> } | Unmapped;

/**
 * Table resource (`tables.get`) → what is not cached. Nothing of it replaces anything, so what can't be read is not known;
 * only columns that can't be read make the answer invalid, for a list with some of them left out would be a wrong one.
 */
export function mapInspection(resource: unknown): InspectionMapping {
  if (!isTableResource(resource)) return { kind: 'notATable' };
  const columns: InspectedColumn[] = [];
  const schema = resource['schema'] ?? {};
  if (!isObject(schema)) return { kind: 'invalid', path: 'schema' };
  if (!appendFields(schema['fields'], [], columns)) return { kind: 'invalid', path: 'schema.fields' };
  const inspection = {
    columns,
    streamingBuffer: readStreamingBuffer(resource['streamingBuffer']),
    lastModified: lastModifiedOf(resource['type'], resource['lastModifiedTime']),
    createdAt: readEpochMs(resource['creationTime']),
    expiresAt: readEpochMs(resource['expirationTime']),
    location: readText(resource['location'], MAX_WORD_LENGTH),
  };
  return { kind: 'mapped', inspection };
}

/**
 * Appends fields, each followed by the fields of its record.
 *
 * @param above path of the record that they are in
 * @returns whether they could be read; beyond the limits nothing is looked at
 */
function appendFields(fields: unknown, above: readonly string[], into: InspectedColumn[]): boolean {
  if (fields === undefined || fields === null || above.length > MAX_RECORD_DEPTH) return true;
  if (!Array.isArray(fields)) return false;
  for (const field of fields as readonly unknown[]) {
    if (into.length >= MAX_COLUMNS) return true;
    if (!isObject(field)) return false;
    const name = readText(field['name'], MAX_NAME_LENGTH);
    const type = sqlType(field);
    if (name === null || type === null) return false;
    const path = [...above, name];
    into.push({
      path,
      type,
      mode: readMode(field['mode']),
      description: readText(field['description'], MAX_DESCRIPTION_LENGTH),
    });
    if (!appendFields(field['fields'], path, into)) return false;
  }
  return true;
}

/** BigQuery's word in SQL, such as `INT64` or `RANGE<DATE>`; `null` where there is none. */
function sqlType({ type, rangeElementType }: Readonly<Record<string, unknown>>): string | null {
  const name = sqlName(type);
  const element = isObject(rangeElementType) ? sqlName(rangeElementType['type']) : null;
  return name === 'RANGE' && element !== null ? `${name}<${element}>` : name;
}

function sqlName(type: unknown): string | null {
  const word = readText(type, MAX_WORD_LENGTH);
  return word === null ? null : (SQL_TYPES.get(word) ?? word);
}

/** BigQuery says nothing where it means NULLABLE. */
function readMode(value: unknown): InspectedColumn['mode'] {
  return value === 'REQUIRED' || value === 'REPEATED' ? value : 'NULLABLE';
}

function readStreamingBuffer(value: unknown): StreamingBuffer | null {
  if (!isObject(value)) return null;
  return {
    estimatedRows: readCount(value['estimatedRows']),
    estimatedBytes: readCount(value['estimatedBytes']),
    oldestEntryAt: readEpochMs(value['oldestEntryTime']),
  };
}

/** Text of at most so many code points; `null` for none. */
function readText(value: unknown, maxCodePoints: number): string | null {
  return typeof value === 'string' && value !== '' ? truncateCodePoints(value, maxCodePoints) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
