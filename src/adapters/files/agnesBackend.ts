import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { stateFolderOf, type Environment } from './agnesPlaces.ts';

const OVERLAY = 'instance.yaml';
const MAX_OVERLAY_BYTES = 1024 * 1024;
const POSTGRES_BACKENDS: ReadonlySet<unknown> = new Set([
  'side_car',
  'cloud',
  'side_car_in_progress',
  'cloud_in_progress',
]);
const POSTGRES_VARIABLES = ['DATABASE_URL', 'AGNES_DB_URL'];

/**
 * Whether the server that this file belongs to keeps its state in Postgres, so that the file is stale (contract, 1.5).
 * Both places of the overlay decide: beside the file, and `<DATA_DIR>/state`, which a "flat" layout still uses. The
 * environment counts only where its own state folder holds this very file (decisions, "Postgres check").
 *
 * @param realPath real path of the shared file
 */
export async function isStateInPostgres(realPath: string, environment: Environment): Promise<boolean> {
  const environmentIsOurs = await holdsFile(environment, realPath);
  const overlays = [path.join(path.dirname(realPath), OVERLAY)];
  const dataFolder = environment['DATA_DIR'] ?? '';
  if (environmentIsOurs && dataFolder !== '') overlays.push(path.resolve(dataFolder, 'state', OVERLAY));

  const backends = await Promise.all([...new Set(overlays)].map(readBackend));
  if (backends.some((backend) => POSTGRES_BACKENDS.has(backend))) return true;
  if (backends.some((backend) => backend !== undefined)) return false;
  return environmentIsOurs && POSTGRES_VARIABLES.some((name) => (environment[name] ?? '') !== '');
}

async function holdsFile(environment: Environment, realPath: string): Promise<boolean> {
  const folder = stateFolderOf(environment);
  if (folder === undefined) return false;
  try {
    return (await realpath(path.join(folder, path.basename(realPath)))) === realPath;
  } catch {
    return false;
  }
}

/** `database.backend` of an overlay; `duckdb` for one that can't be read as YAML, as in Agnes; `undefined` for none. */
async function readBackend(file: string): Promise<unknown> {
  let text: string;
  try {
    await using handle = await open(file);
    if ((await handle.stat()).size > MAX_OVERLAY_BYTES) return 'duckdb';
    text = await handle.readFile('utf8');
  } catch {
    return undefined;
  }
  const { parse } = await import('yaml');
  try {
    const overlay: unknown = parse(text, { maxAliasCount: 10 });
    return property(property(overlay, 'database'), 'backend') ?? 'duckdb';
  } catch {
    return 'duckdb';
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
