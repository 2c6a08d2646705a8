import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { EpochMicros } from '../../core/time.ts';

/** Named by their tables. Not by the constants of `agnesLayout.ts`: this is part of the extension host, DuckDB is not. */
const REGISTRY_FILE = 'table_registry.parquet';
const CACHE_FILE = 'bq_metadata_cache.parquet';
/** Larger than any server writes: all of its other tables with them come to less. */
const MAX_PARQUET_BYTES = 256n * 1024n * 1024n;
const NANOS_PER_MICRO = 1_000n;

/** The two files of the server's rolling snapshot that the tree is made of, as they are at one moment. */
export interface ServerSnapshotFiles {
  readonly registry: string;
  readonly cache: string;
  /** The time of the older one: an export is not newer than the first thing that it wrote. */
  readonly takenAt: EpochMicros;
  /** Differs when either file was replaced. */
  readonly identity: string;
}

/** Folder of the server's rolling snapshot of a database (contract, 1.1). */
export function serverSnapshotFolder(databasePath: string): string {
  return `${databasePath}.rolling-snapshot`;
}

/**
 * Looks for the files of a snapshot, opening nothing. Only regular files in a real folder count: no link is followed.
 *
 * @returns `undefined` where the snapshot is missing, not whole or closed to us
 */
export async function findServerSnapshot(folder: string): Promise<ServerSnapshotFiles | undefined> {
  const registry = path.join(folder, REGISTRY_FILE);
  const cache = path.join(folder, CACHE_FILE);
  try {
    if (!(await lstat(folder)).isDirectory()) return undefined;
    const files = await Promise.all([registry, cache].map((file) => lstat(file, { bigint: true })));
    if (files.some((file) => !file.isFile() || file.size > MAX_PARQUET_BYTES)) return undefined;
    const times = files.map(({ mtimeNs }) => mtimeNs / NANOS_PER_MICRO);
    return {
      registry,
      cache,
      takenAt: times.reduce((a, b) => (a < b ? a : b)),
      identity: files.map(({ dev, ino, size, mtimeNs }) => `${dev}:${ino}:${size}:${mtimeNs}`).join(),
    };
  } catch {
    return undefined;
  }
}
