import type { CachedMetadata, TableDetails } from '../../core/cachedMetadata.ts';
import { decodeGotchas } from '../../core/gotchas.ts';
import { decodeStringList, encodeStringList } from '../../core/stringList.ts';
import type { ServerRegistration, ServerStatusRow, ServerTable } from '../../ports/agnesServer.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';

/** What the catalog showed of a table's columns: what is missing of it tells what is withheld from this user. */
export interface CatalogHints {
  /** Partitioning or clustering. */
  readonly showsKeys: boolean;
  /** Examples of conditions, which the server makes from column names. */
  readonly showsExamples: boolean;
  /** It knew the table's columns: what it does not show of one that was fetched only since is not withheld. */
  readonly isFetched: boolean;
  /** Whoever asked is known to administer the server, who has nothing withheld without a trace of it. */
  readonly forAdministrator: boolean;
}

/** A table that this user sees: its row, and what is told only when somebody looks at it. */
export interface ShownTable extends CatalogHints {
  readonly row: CatalogRow;
  /** JSON, or null for "not known". As lists, the names of ten thousand tables would be most of the memory. */
  readonly knownColumnsText: string | null;
  readonly description: string | null;
  /** What administrators are told of the table; `undefined` for anybody else. */
  readonly documentation: TableDocumentation | undefined;
}

/** What the registry says of a table for people. */
export type TableDocumentation = Pick<ServerRegistration, 'grain' | 'gotchasText' | 'thingsToKnow'>;

/** By id, in the catalog's order. */
export type ShownTables = ReadonlyMap<string, ShownTable>;

/** What administrators see, by id. */
export type ServerRegistrations = ReadonlyMap<string, ServerRegistration>;

/**
 * Joins what the server answers: the catalog says which tables this user sees, the status what is known of them, the
 * registry where they are and what people wrote of them. Numbers and times are of one status row. The status of a table that
 * the catalog does not show is left out: it is unregistered, or not for this user (contract, 2.2 and 6.4).
 */
export function joinAnswers(
  catalog: readonly ServerTable[],
  status: readonly ServerStatusRow[],
  registry: ServerRegistrations | undefined,
): ShownTables {
  const statusRows = new Map(status.map((row) => [row.tableId, row]));
  const shown = new Map<string, ShownTable>();
  for (const table of catalog) {
    if (table.freshness === 'not_applicable') continue;
    shown.set(table.id, joinTable(table, statusRows.get(table.id), registry));
  }
  return shown;
}

function joinTable(
  table: ServerTable,
  status: ServerStatusRow | undefined,
  registry: ServerRegistrations | undefined,
): ShownTable {
  const { id, name, sourceType, queryMode, description } = table;
  const registered = registry?.get(id);
  const hints = {
    showsKeys: table.partitionBy !== null || table.clusteredBy.length > 0,
    showsExamples: table.hasWhereExamples,
    isFetched: table.freshness !== 'never_fetched',
    forAdministrator: registry !== undefined,
  };
  const withheld = status !== undefined && areColumnsWithheld(hints, status);
  const given = status !== undefined && areColumnsGiven(hints, status);
  const place = {
    bucket: registered?.bucket ?? null,
    sourceTable: registered?.sourceTable ?? null,
    bqFqn: registered?.bqFqn ?? null,
    folder: registered?.folder ?? null,
  };
  return {
    row: {
      registration: { id, name, sourceType, queryMode, ...place, hasAccessPolicy: withheld },
      cached: status === undefined ? null : cachedOfStatus(status, given),
    },
    ...hints,
    knownColumnsText: given ? columnsTextOf(status) : null,
    description,
    documentation: registered,
  };
}

/**
 * Whether column-level facts of a table are for this user. Who is not known to be an administrator gets them only where
 * the catalog shows some itself: of a table without keys and examples it leaves no trace of what it withholds.
 */
export function areColumnsGiven(hints: CatalogHints, status: ServerStatusRow): boolean {
  const isOpen = hints.forAdministrator || hints.showsKeys || hints.showsExamples;
  return isOpen && !areColumnsWithheld(hints, status);
}

/**
 * Whether the server keeps column-level facts of a table from this user for all that is seen, as it does with tables under
 * an access policy. Only the catalog knows: the status tells everybody everything (contract, 7.1 and 7.2).
 */
function areColumnsWithheld(
  { showsKeys, showsExamples, isFetched }: CatalogHints,
  { partitionBy, clusteredBy, knownColumns }: ServerStatusRow,
): boolean {
  if (!isFetched) return false;
  const hasKeys = partitionBy !== null || clusteredBy.length > 0;
  return (hasKeys && !showsKeys) || (makesExamples(knownColumns) && !showsExamples);
}

/** The columns that the server makes its examples from. */
function makesExamples(columns: readonly string[]): boolean {
  return columns.includes('event_date') || (columns.includes('country_code') && columns.includes('platform'));
}

/** A status row as the model keeps it; without column-level facts where they are not given. */
export function cachedOfStatus(row: ServerStatusRow, columnsGiven: boolean): CachedMetadata {
  const { rows, sizeBytes, entityType, refreshedAt, errorAt, errorMessage } = row;
  return {
    rows,
    sizeBytes,
    partitionBy: columnsGiven ? row.partitionBy : null,
    clusteredBy: columnsGiven ? knownList(row.clusteredBy) : null,
    entityType,
    refreshedAt,
    errorAt,
    errorMessage,
  };
}

/** Column names of a status row as a shown table keeps them. */
export function columnsTextOf({ knownColumns }: ServerStatusRow): string | null {
  return encodeStringList(knownList(knownColumns));
}

/** The API does not tell unknown from empty (contract, 6.4): nothing is made of it. */
function knownList(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list;
}

/** What is told of one table when somebody looks at it. */
export function detailsOf({ row, knownColumnsText, description, documentation }: ShownTable): TableDetails {
  return {
    knownColumns: decodeStringList(knownColumnsText),
    description,
    folder: row.registration.folder,
    grain: documentation?.grain ?? null,
    gotchas: decodeGotchas(documentation?.gotchasText ?? null),
    thingsToKnow: documentation?.thingsToKnow ?? null,
  };
}
