import path from 'node:path';

/** The environment as a map, as `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SYSTEM_DATABASE = 'system.duckdb';
/** Where containers and the "flat" layout keep the state (contract, 1.1). */
const USUAL_STATE_FOLDERS = ['/data/state', '/data-state'];

/** Agnes's state folder by this environment, or `undefined` when neither variable is set (contract, 1.1). */
export function stateFolderOf(environment: Environment): string | undefined {
  const stateFolder = environment['STATE_DIR'] ?? '';
  if (stateFolder !== '') return path.resolve(stateFolder);
  const dataFolder = environment['DATA_DIR'] ?? '';
  return dataFolder === '' ? undefined : path.resolve(dataFolder, 'state');
}

/** Where Agnes would keep its database: by the environment, in the folders given, in the usual places; no duplicates. */
export function likelyDatabases(environment: Environment, folders: readonly string[]): readonly string[] {
  const byEnvironment = stateFolderOf(environment);
  const stateFolders = [
    ...(byEnvironment === undefined ? [] : [byEnvironment]),
    ...folders.map((folder) => path.join(folder, 'data', 'state')),
    ...USUAL_STATE_FOLDERS,
  ];
  return [...new Set(stateFolders.map((folder) => path.join(folder, SYSTEM_DATABASE)))];
}
