import type { CachedMetadata } from './cachedMetadata.ts';
import type { TableRegistration } from './tableRegistration.ts';

/** One table of the sample catalog, as it is written to a new shared file: its registration and what is cached of it. */
export interface SampleRow {
  readonly registration: TableRegistration & {
    readonly folder: string | null;
    readonly description: string | null;
  };
  /** `null`: never fetched. */
  readonly cached: (CachedMetadata & { readonly knownColumns: readonly string[] | null }) | null;
}
