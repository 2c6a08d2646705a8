import type { CachedMetadata, TableDetails } from './cachedMetadata.ts';
import type { TableRegistration } from './tableRegistration.ts';

/** One table of the sample catalog, as it is written to a new shared file: its registration and what is cached of it. */
export interface SampleRow {
  readonly registration: TableRegistration & Omit<TableDetails, 'knownColumns'>;
  /** `null`: never fetched. */
  readonly cached: (CachedMetadata & Pick<TableDetails, 'knownColumns'>) | null;
}
