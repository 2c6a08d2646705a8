import type types from '@google-cloud/bigquery/build/src/types.d.ts';

/** A table as BigQuery's REST API gives it, by the types that ship with Google's package: a misspelt field won't compile. */
export type TableResource = Readonly<types.default.ITable>;

/** One of the errors inside an error answer, by the same types. */
export type ErrorReason = Readonly<types.default.IErrorProto>;

export interface TableName {
  readonly project: string;
  readonly dataset: string;
  readonly table: string;
}
