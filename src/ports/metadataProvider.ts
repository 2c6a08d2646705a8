import type { TableInspection, TableMetadata } from '../core/cachedMetadata.ts';
import type { AgnesFailure } from '../core/failure.ts';
import type { TableAddress } from '../core/tableAddress.ts';

/** What one attempt at one table came to. Whether to try again, and how often, is the engine's business. */
export type ProviderAnswer = { readonly kind: 'ok'; readonly metadata: TableMetadata } | ProviderFailure;

/** The same for a look at what is not cached; whether to try again is the source's business. */
export type InspectionAnswer =
  { readonly kind: 'ok'; readonly inspection: TableInspection } | ProviderFailure;

/** Why an attempt came to nothing, whatever was asked of the table. */
export type ProviderFailure =
  /** The table or its dataset does not exist. `message` is one line for people. */
  | { readonly kind: 'noData'; readonly message: string }
  /** Wrong with this one table for this caller; stored as its error. */
  | {
      readonly kind: 'tableError';
      readonly reason: 'accessDenied' | 'requestInvalid' | 'answerInvalid';
      readonly message: string;
    }
  /** Wrong with the caller: ends the run, is never stored. */
  | { readonly kind: 'callerFault'; readonly failure: AgnesFailure }
  /** May pass: worth another attempt. */
  | {
      readonly kind: 'transient';
      readonly reason: 'networkDown' | 'rateLimited' | 'serviceUnavailable' | 'tableTimeout';
      readonly message: string;
      /** From the server's Retry-After, in milliseconds. */
      readonly retryAfterMs: number | null;
    };

/** What fetches one table's metadata. */
export interface MetadataProvider {
  /**
   * One attempt. Never throws but for a programming error; an aborted signal rejects with the signal's reason.
   */
  fetchTable(address: TableAddress, signal: AbortSignal): Promise<ProviderAnswer>;
  /**
   * One attempt at what is not cached: columns with their types, the streaming buffer, times. Ends as `fetchTable` does.
   */
  inspectTable(address: TableAddress, signal: AbortSignal): Promise<InspectionAnswer>;
}
