import type { FailureReason } from '../../core/failure.ts';

/** Agnes's own texts (contract, 4.1); its prefix stays for a missing table, so that its tools recognise it. */
export const INVALID_IDENTIFIER_STORED = 'invalid bucket/source_table identifier';
const NO_DATA = 'provider returned no data';

type TableErrorReason = 'accessDenied' | 'requestInvalid' | 'answerInvalid';
const TABLE_ERRORS: readonly TableErrorReason[] = ['accessDenied', 'requestInvalid', 'answerInvalid'];

/** What is stored of a table that BigQuery does not have. */
export function noDataMessage(message: string): string {
  return message === '' ? NO_DATA : `${NO_DATA}: ${message}`;
}

/** What is stored of what is wrong with one table. */
export function tableErrorMessage(reason: TableErrorReason, message: string): string {
  return `${reason}: ${message}`;
}

/** The reason that these functions put into a stored text; `unexpected` for what others wrote. */
export function reasonOfStored(text: string): FailureReason {
  if (text === INVALID_IDENTIFIER_STORED) return 'invalidIdentifier';
  if (text === NO_DATA || text.startsWith(`${NO_DATA}: `)) return 'tableNotFound';
  return TABLE_ERRORS.find((reason) => text.startsWith(`${reason}: `)) ?? 'unexpected';
}

/**
 * The same of a text that may be anybody's; `undefined` where it tells none. "No data" without more is the Agnes server's,
 * which says so of a missing table and of one that it may not see.
 */
export function reasonOfAnybodys(text: string): FailureReason | undefined {
  const reason = text === NO_DATA ? 'unexpected' : reasonOfStored(text);
  return reason === 'unexpected' ? undefined : reason;
}
