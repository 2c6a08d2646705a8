import * as v from 'valibot';
import type { DetailsContent, ShowMessage } from './detailsMessages.ts';

const text = v.string();
const textOrNull = v.nullable(text);
const texts = v.array(text);
const heading = { heading: text, sentences: texts };

const button = v.strictObject({
  action: v.picklist(['refresh', 'openConsole', 'copyName', 'helpLastError', 'helpInspection']),
  label: text,
  obstacle: textOrNull,
});

const facts = v.strictObject({
  ...heading,
  facts: v.array(
    v.strictObject({
      label: text,
      value: text,
      note: textOrNull,
      isCode: v.boolean(),
      severity: v.nullable(v.picklist(['warning', 'error'])),
    }),
  ),
  button: v.nullable(button),
});

const columnTable = v.strictObject({
  caption: text,
  headers: v.strictObject({ name: text, type: text, mode: text, description: text }),
  hasTypes: v.boolean(),
  rows: v.array(
    v.strictObject({
      name: text,
      parents: text,
      depth: v.pipe(v.number(), v.integer(), v.minValue(0)),
      type: text,
      mode: text,
      description: text,
      marks: texts,
    }),
  ),
});

const finite = v.pipe(v.number(), v.finite());

const chart = v.strictObject({
  title: text,
  spoken: text,
  points: v.array(v.strictObject({ atMs: finite, value: v.nullable(finite) })),
  valueTicks: v.array(v.strictObject({ value: finite, label: text })),
  from: text,
  to: text,
  last: textOrNull,
});

const absent = v.strictObject({ kind: v.literal('absent'), language: text, name: text, sentence: text });

const table = v.strictObject({
  kind: v.literal('table'),
  language: text,
  name: text,
  state: v.strictObject({
    icon: v.picklist(['fresh', 'stale', 'error', 'never_fetched', 'refreshing']),
    word: text,
    reason: text,
  }),
  buttons: v.array(button),
  notices: v.array(v.strictObject({ severity: v.picklist(['warning', 'information']), text })),
  lastError: v.nullable(v.strictObject({ ...heading, words: textOrNull, button: v.nullable(button) })),
  facts,
  changes: v.nullable(v.strictObject(heading)),
  documentation: v.strictObject({
    ...heading,
    paragraphs: v.array(v.strictObject({ label: text, text })),
    gotchas: v.nullable(
      v.strictObject({
        label: text,
        keyWord: text,
        items: v.array(v.strictObject({ text, isKey: v.boolean() })),
      }),
    ),
  }),
  columns: v.strictObject({ ...heading, table: v.nullable(columnTable) }),
  inspection: facts,
  history: v.strictObject({
    ...heading,
    charts: v.array(chart),
    table: v.nullable(v.strictObject({ summary: text, caption: text, headers: texts, rows: v.array(texts) })),
  }),
});

/** By the types, so that the two can't part. */
const content: v.GenericSchema<DetailsContent> = v.variant('kind', [absent, table]);

const message: v.GenericSchema<ShowMessage> = v.strictObject({
  kind: v.literal('show'),
  content,
  announcement: textOrNull,
  focus: v.nullable(v.literal('lastError')),
});

/** What came to the page, if it is what the host sends; `undefined` for anything else. */
export function readShowMessage(data: unknown): ShowMessage | undefined {
  const read = v.safeParse(message, data);
  return read.success ? read.output : undefined;
}
