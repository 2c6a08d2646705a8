import type { TableResource } from './tableResource.ts';

type Schema = NonNullable<TableResource['schema']>;
type Field = NonNullable<Schema['fields']>[number];

const MODES: ReadonlyMap<string, string> = new Map([
  ['!', 'REQUIRED'],
  ['*', 'REPEATED'],
]);

/**
 * A schema in the words of BigQuery's API.
 *
 * @param text `name:TYPE name:TYPE …`; `!` behind a type is "required", `*` is "repeated"
 * @param descriptions by name
 * @param records what follows behind the columns
 */
export function columns(
  text: string,
  descriptions: Readonly<Record<string, string>> = {},
  records: readonly Field[] = [],
): Schema {
  const fields = text.split(' ').map((column): Field => {
    const [, name = '', type = '', mark = ''] = /^(\w+):(\w+)([!*]?)$/.exec(column) ?? [];
    const description = descriptions[name];
    return {
      name,
      type,
      mode: MODES.get(mark) ?? 'NULLABLE',
      ...(description === undefined ? {} : { description }),
    };
  });
  return { fields: [...fields, ...records] };
}

/** A column that is a record, or with the mode `REPEATED` a list of them. */
export function record(
  name: string,
  { fields = [] }: Schema,
  { mode = 'NULLABLE', description = '' }: { readonly mode?: string; readonly description?: string } = {},
): Field {
  return { name, type: 'RECORD', mode, ...(description === '' ? {} : { description }), fields };
}
