import * as v from 'valibot';
import { MAX_NAMED_COLUMNS } from '../../core/tableChange.ts';
import { count, micros } from './jsonFields.ts';

/** Far above what a change writes: a name is cut before. */
const text = v.pipe(v.string(), v.maxLength(2_000));
const names = v.pipe(v.array(text), v.maxLength(MAX_NAMED_COLUMNS));

/** A `TableChange` in a JSON file of ours. */
export const tableChangeSchema = v.object({
  columns: v.nullable(v.object({ added: names, removed: names, addedCount: count, removedCount: count })),
  entityType: v.nullable(v.object({ before: text, after: text })),
  partitionBy: v.nullable(v.object({ before: v.nullable(text), after: v.nullable(text) })),
  rows: v.nullable(v.object({ before: micros, after: micros })),
});
