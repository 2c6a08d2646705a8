import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { AgnesFailure } from '../../core/failure.ts';
import { stateFolderOf, type Environment } from './agnesPlaces.ts';

const OVERLAY = 'instance.yaml';
const MAX_OVERLAY_BYTES = 256 * 1024;
/** Opening a pipe would wait for somebody to write into it. Windows has neither. */
const NON_BLOCKING: number = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;
/** What Agnes's reader takes and YAML 1.2 does not: keys given twice (the last one counts) and merge keys. */
const YAML_OPTIONS = { uniqueKeys: false, merge: true, maxAliasCount: 100 };
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
 * @throws AgnesFailure `stateUnknown` for an overlay that is there and can't be read: it may say Postgres
 */
export async function isStateInPostgres(realPath: string, environment: Environment): Promise<boolean> {
  const environmentIsOurs = await holdsFile(environment, realPath);
  const overlays = [path.join(path.dirname(realPath), OVERLAY)];
  const dataFolder = environment['DATA_DIR'] ?? '';
  if (environmentIsOurs && dataFolder !== '') overlays.push(path.resolve(dataFolder, 'state', OVERLAY));

  const readings = await Promise.allSettled([...new Set(overlays)].map(readBackend));
  const backends = readings.map((reading) => (reading.status === 'fulfilled' ? reading.value : undefined));
  if (backends.some((backend) => POSTGRES_BACKENDS.has(backend))) return true;
  for (const reading of readings) if (reading.status === 'rejected') throw reading.reason;
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

/** `database.backend` of an overlay; `duckdb` for text that is no YAML, as in Agnes (contract, 1.5); `undefined` for none. */
async function readBackend(file: string): Promise<unknown> {
  const text = await readOverlay(file);
  if (text === undefined) return undefined;
  const { parse, YAMLError } = await import('yaml');
  try {
    const overlay: unknown = parse(text, YAML_OPTIONS);
    return property(property(overlay, 'database'), 'backend') ?? 'duckdb';
  } catch (thrown) {
    if (thrown instanceof YAMLError && thrown.code !== 'RESOURCE_EXHAUSTION') return 'duckdb';
    // Too many levels or aliases for us, which is not yet bad YAML.
    throw stateUnknown(file, thrown instanceof Error ? thrown.name : String(thrown), thrown);
  }
}

/** `undefined`: there is no such file. */
async function readOverlay(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | NON_BLOCKING);
    const stats = await handle.stat();
    if (!stats.isFile()) throw stateUnknown(file, 'not a file');
    if (stats.size > MAX_OVERLAY_BYTES) throw stateUnknown(file, 'too large');
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(stats.size), position: 0 });
    // Half of it can be good YAML that says something else.
    if (bytesRead < stats.size) throw stateUnknown(file, 'changed while it was read');
    return buffer.toString('utf8');
  } catch (thrown) {
    if (thrown instanceof AgnesFailure) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'not readable';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw stateUnknown(file, code, thrown);
  }
}

function stateUnknown(file: string, why: string, cause?: unknown): AgnesFailure {
  return new AgnesFailure('stateUnknown', { detail: `${file}: ${why}`, cause });
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
