import { compileGlob, isGlob, type GlobMatcher } from './glob.ts';
import { parseDuration } from './refreshPolicy.ts';
import type { TableAddress } from './tableAddress.ts';
import type { TableRegistration } from './tableRegistration.ts';
import { MICROS_PER_SECOND, type EpochMicros } from './time.ts';

/** Entries of the setting that are read. */
export const MAX_DATA_POLICIES = 500;
/** Longest glob, in characters: a project, a dataset and a table of the longest names that there are. */
export const MAX_GLOB_LENGTH = 2_200;
/** Tables whose policy is remembered; above it all are looked up anew. */
const MAX_REMEMBERED = 250_000;
/** Characters of an entry's name in a warning. */
const MAX_QUOTED_LENGTH = 100;

/** What the policy for the age of a table's data says, in dbt's words: apart from the four states of freshness. */
export interface DataAge {
  readonly verdict: 'pass' | 'warn' | 'error';
  /** The limit that decided, in seconds; the nearer one where none is passed. */
  readonly limitSeconds: bigint;
}

/** Ages of data from which on it is told, in seconds; at least one of the two is not `null`. */
export interface DataPolicy {
  readonly warnAfterSeconds: bigint | null;
  readonly errorAfterSeconds: bigint | null;
}

/** The parts of a registration that a policy is found by. */
export type PolicySubject = Pick<TableRegistration, 'id' | 'name' | 'bucket' | 'sourceTable' | 'bqFqn'>;

/** Finds the address of a registration in BigQuery, where it is known. */
export type FindAddress = (registration: TableRegistration) => TableAddress | undefined;

interface Entry {
  readonly glob: string;
  /** `null`: the table has none. */
  readonly policy: DataPolicy | null;
}

/** An entry with its place in the setting. */
interface RankedEntry extends Entry {
  readonly rank: number;
}

/** The policies of the setting, in its order: of those that match a table the last counts. */
export class DataPolicies {
  /** From the last to the first. */
  readonly #globs: readonly (RankedEntry & { readonly matches: GlobMatcher })[];
  readonly #exact = new Map<string, RankedEntry>();
  readonly #found = new Map<
    string,
    { readonly of: PolicySubject; readonly policy: DataPolicy | undefined }
  >();
  /** What was found goes by its addresses. */
  #foundWith: FindAddress | undefined;

  constructor(entries: readonly Entry[]) {
    const ranked = entries.map((entry, rank) => ({ ...entry, rank }));
    this.#globs = ranked
      .filter(({ glob }) => isGlob(glob))
      .map((entry) => ({ ...entry, matches: compileGlob(entry.glob) }))
      .reverse();
    for (const entry of ranked) if (!isGlob(entry.glob)) this.#exact.set(entry.glob, entry);
  }

  /**
   * The policy of a table, or `undefined` where it has none; remembered for as long as the table stays what it is.
   *
   * @param findAddress another function is another source: what was found with the one before is forgotten
   */
  of(registration: TableRegistration, findAddress: FindAddress): DataPolicy | undefined {
    if (this.#globs.length === 0 && this.#exact.size === 0) return undefined;
    if (this.#foundWith !== findAddress) this.#found.clear();
    this.#foundWith = findAddress;
    const found = this.#found.get(registration.id);
    if (found !== undefined && isSameSubject(found.of, registration)) return found.policy;
    const policy = this.#find(namesOf(registration, findAddress(registration))) ?? undefined;
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    this.#found.set(registration.id, { of: registration, policy });
    return policy;
  }

  #find(names: readonly string[]): DataPolicy | null | undefined {
    let last: RankedEntry | undefined;
    for (const name of names) {
      const exact = this.#exact.get(name);
      if (exact !== undefined && exact.rank > (last?.rank ?? -1)) last = exact;
    }
    for (const entry of this.#globs) {
      if (entry.rank < (last?.rank ?? -1)) break;
      if (names.some(entry.matches)) return entry.policy;
    }
    return last?.policy;
  }
}

/** As if the setting were empty. */
export const NO_DATA_POLICIES: DataPolicies = new DataPolicies([]);

export interface ResolvedDataPolicies {
  readonly policies: DataPolicies;
  /** One sentence for each entry that could not be used, for the log. */
  readonly warnings: readonly string[];
}

/** Reads the setting `dataFreshness`; what can't be used of it is ignored with a warning. Never throws. */
export function resolveDataPolicies(setting: unknown): ResolvedDataPolicies {
  if (setting === undefined || setting === null) return { policies: NO_DATA_POLICIES, warnings: [] };
  if (typeof setting !== 'object' || Array.isArray(setting)) {
    const warning = 'The setting agnesFreshness.dataFreshness is not an object; it is ignored.';
    return { policies: NO_DATA_POLICIES, warnings: [warning] };
  }
  const entries: Entry[] = [];
  const warnings: string[] = [];
  const given = Object.entries(setting);
  for (const [glob, value] of given.slice(0, MAX_DATA_POLICIES)) {
    const read: DataPolicy | null | string =
      glob.length > MAX_GLOB_LENGTH ? 'has too long a name' : readPolicy(value);
    if (typeof read !== 'string') entries.push({ glob, policy: read });
    else {
      const quoted = JSON.stringify(glob.slice(0, MAX_QUOTED_LENGTH));
      warnings.push(`The entry ${quoted} of agnesFreshness.dataFreshness ${read}; it is ignored.`);
    }
  }
  if (given.length > MAX_DATA_POLICIES) {
    warnings.push(
      `The setting agnesFreshness.dataFreshness has more than ${MAX_DATA_POLICIES} entries; the rest is ignored.`,
    );
  }
  return { policies: entries.length === 0 ? NO_DATA_POLICIES : new DataPolicies(entries), warnings };
}

/** @returns what is wrong with it, in place of a policy that can't be used */
function readPolicy(value: unknown): DataPolicy | null | string {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) {
    return 'is neither null nor an object with warnAfter or errorAfter';
  }
  const { warnAfter, errorAfter } = value as { readonly warnAfter?: unknown; readonly errorAfter?: unknown };
  const [warnAfterSeconds, errorAfterSeconds] = [readLimit(warnAfter), readLimit(errorAfter)];
  if (warnAfterSeconds === undefined || errorAfterSeconds === undefined) {
    return 'has a limit that is not a duration such as 12h, 90m or 2d';
  }
  if (warnAfterSeconds === null && errorAfterSeconds === null) return 'has neither warnAfter nor errorAfter';
  return { warnAfterSeconds, errorAfterSeconds };
}

/** `null` where none is given, `undefined` where it is not one. */
function readLimit(value: unknown): bigint | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? parseDuration(value) : undefined;
}

/** What a person may call a table: id, name, and its address with and without the project. */
function namesOf(registration: PolicySubject, address: TableAddress | undefined): readonly string[] {
  const { id, name, bucket, sourceTable } = registration;
  const names = name === id ? [id] : [id, name];
  if (address !== undefined) {
    const { project, dataset, table } = address;
    return [...names, `${dataset}.${table}`, `${project}.${dataset}.${table}`];
  }
  if (bucket === null || bucket === '') return names;
  return [...names, `${bucket}.${sourceTable === null || sourceTable === '' ? id : sourceTable}`];
}

function isSameSubject(a: PolicySubject, b: PolicySubject): boolean {
  return (
    a === b ||
    (a.name === b.name && a.bucket === b.bucket && a.sourceTable === b.sourceTable && a.bqFqn === b.bqFqn)
  );
}

/**
 * Judges the age of a table's data: the time since it last changed. Where the table was refreshed after BigQuery said so, by
 * somebody who keeps no such time, the data may have changed since, and there is no verdict until BigQuery is asked again.
 *
 * @param lastModified when the data last changed, and when BigQuery said so
 * @param refreshedAt the last refresh of the table, whoever made it
 * @returns `undefined` where what is known is of before the last refresh
 */
export function judgeDataAge(
  { warnAfterSeconds, errorAfterSeconds }: DataPolicy,
  lastModified: { readonly at: EpochMicros; readonly observedAt: EpochMicros },
  refreshedAt: EpochMicros | null,
  now: EpochMicros,
): DataAge | undefined {
  const { at, observedAt } = lastModified;
  if (refreshedAt !== null && observedAt < refreshedAt) return undefined;
  const ageMicros = now - at;
  const isPast = (limit: bigint | null): limit is bigint =>
    limit !== null && ageMicros > limit * MICROS_PER_SECOND;
  if (isPast(errorAfterSeconds)) return { verdict: 'error', limitSeconds: errorAfterSeconds };
  if (isPast(warnAfterSeconds)) return { verdict: 'warn', limitSeconds: warnAfterSeconds };
  return { verdict: 'pass', limitSeconds: nearer(warnAfterSeconds, errorAfterSeconds) };
}

function nearer(a: bigint | null, b: bigint | null): bigint {
  if (a === null || b === null) return a ?? b ?? 0n;
  return a < b ? a : b;
}
