import { access, constants, realpath, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AgnesFailure, type FailureReason } from '../../core/failure.ts';
import { isNetworkFilesystem, isUncPath } from './networkFilesystems.ts';

/** What is known of the shared file without opening it. */
export interface SharedFile {
  /** Identity of the file, and the path that is opened: DuckDB's write-ahead log follows the path (decisions). */
  readonly realPath: string;
  /** Why it is not written to, or `undefined`. */
  readonly writeObstacle: AgnesFailure | undefined;
}

/** Questions to the operating system whose answer a test can't arrange. */
export interface FilesystemFacts {
  readonly platform: NodeJS.Platform;
  /** `f_type` of the file system that a path is on. */
  filesystemType(path: string): Promise<bigint>;
}

const ACTUAL_FACTS: FilesystemFacts = {
  platform: process.platform,
  filesystemType: async (path) => (await statfs(path, { bigint: true })).type,
};

/**
 * Looks at the shared file by stat, realpath, access and statfs alone. This runs in the extension host, where the file
 * must never be opened: closing it there would drop the lock of every DuckDB in that process (engine facts).
 *
 * @throws AgnesFailure `fileMissing`, `fileIsDirectory`, `fileNotDuckDb` (a pipe, socket or device) or `fileNotReadable`
 */
export async function inspectSharedFile(
  path: string,
  facts: FilesystemFacts = ACTUAL_FACTS,
): Promise<SharedFile> {
  try {
    const realPath = await realpath(path);
    const found = await stat(realPath, { bigint: true });
    if (found.isDirectory()) throw new AgnesFailure('fileIsDirectory');
    if (!found.isFile()) throw new AgnesFailure('fileNotDuckDb', { detail: 'not a regular file' });
    if (!(await allowed(realPath, constants.R_OK))) throw new AgnesFailure('fileNotReadable');
    return { realPath, writeObstacle: await findWriteObstacle(realPath, found.nlink, facts) };
  } catch (thrown) {
    throw fileFailure(thrown);
  }
}

async function findWriteObstacle(
  realPath: string,
  links: bigint,
  facts: FilesystemFacts,
): Promise<AgnesFailure | undefined> {
  if (links > 1n) return new AgnesFailure('fileHardLinked', { detail: `${links} links` });
  if (await isOnNetwork(realPath, facts)) return new AgnesFailure('fileOnNetworkMount');
  // The folder too: the write-ahead log is created in it.
  const writable =
    (await allowed(realPath, constants.W_OK)) && (await allowed(dirname(realPath), constants.W_OK));
  return writable ? undefined : new AgnesFailure('fileReadOnly');
}

/** macOS has no stable numbers for its file systems, so a network volume goes unnoticed there. */
async function isOnNetwork(realPath: string, facts: FilesystemFacts): Promise<boolean> {
  if (facts.platform === 'win32') return isUncPath(realPath);
  return facts.platform === 'linux' && isNetworkFilesystem(await facts.filesystemType(realPath));
}

async function allowed(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}

const ERRNO_REASONS: Readonly<Record<string, FailureReason>> = {
  ENOENT: 'fileMissing',
  ENOTDIR: 'fileMissing',
  EACCES: 'fileNotReadable',
  EPERM: 'fileNotReadable',
};

function fileFailure(thrown: unknown): AgnesFailure {
  if (thrown instanceof AgnesFailure) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return new AgnesFailure(ERRNO_REASONS[code] ?? 'unexpected', { detail: code, cause: thrown });
}
