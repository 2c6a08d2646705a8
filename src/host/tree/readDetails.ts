import type { TableDetails } from '../../core/cachedMetadata.ts';
import { asFailure, type AgnesFailure } from '../../core/failure.ts';
import type { TableModel } from '../../sources/tableModel.ts';

export interface ReadDetails {
  readonly details: TableDetails | undefined;
  /** Why there are none, where that is known. */
  readonly failure: AgnesFailure | undefined;
}

/**
 * What a tooltip says beyond the row. Reads nothing while the source can't be read: a held file is waited for, and whoever
 * hovers would wait each time. Never rejects.
 */
export async function readDetails(
  { failure, source }: Pick<TableModel, 'failure' | 'source'>,
  tableId: string,
  signal: AbortSignal,
): Promise<ReadDetails> {
  if (failure !== undefined) return { details: undefined, failure };
  try {
    return { details: (await source?.details(tableId, signal)) ?? undefined, failure: undefined };
  } catch (error) {
    return { details: undefined, failure: asFailure(error) };
  }
}
