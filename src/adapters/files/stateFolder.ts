import { createHash } from 'node:crypto';
import { access, chmod, constants, lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AgnesFailure, type FailurePlace } from '../../core/failure.ts';

const FOLDER = 'agnes-freshness';
const PRIVATE = 0o700;

/** What the state folder's place depends on. */
export interface StateFolderPlace {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Folder of the OS user's state for one shared file, the same for all windows and editors of that user (decisions,
 * "Single flight").
 *
 * @param realPath real path of the shared file: its identity
 */
export function stateFolderFor(realPath: string, place: StateFolderPlace): string {
  const name = createHash('sha256').update(realPath).digest('hex');
  return path.join(userStateFolder(place), FOLDER, name);
}

/**
 * Makes the folder where it is missing, and looks whose it is. What lies in it decides who may run, so one that belongs to
 * somebody else, or that is only a link to one, is not used.
 *
 * @throws AgnesFailure `fileReadOnly`, with the folder as its place
 */
export async function prepareStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE });
    const found = await lstat(folder);
    if (!found.isDirectory()) throw unusable(folder, 'notFolder', 'is not a folder');
    const user = process.getuid?.();
    if (user !== undefined && found.uid !== user) {
      throw unusable(folder, 'otherUser', 'belongs to another user');
    }
    if (user !== undefined && (found.mode & 0o777) !== PRIVATE) await chmod(folder, PRIVATE);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    if (thrown instanceof AgnesFailure) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    throw unusable(folder, 'notWritable', `can’t be written to (${code})`, thrown);
  }
}

function unusable(
  folder: string,
  obstacle: FailurePlace['obstacle'],
  what: string,
  cause?: unknown,
): AgnesFailure {
  const detail = `The folder ${folder} ${what}.`;
  return new AgnesFailure('fileReadOnly', { detail, place: { folder, obstacle }, cause });
}

function userStateFolder({ platform, home, environment }: StateFolderPlace): string {
  switch (platform) {
    case 'win32':
      return environment['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local');
    case 'darwin':
      return path.join(home, 'Library', 'Application Support');
    default: {
      const folder = environment['XDG_STATE_HOME'];
      // The XDG rule: a relative path is to be ignored.
      return folder !== undefined && path.isAbsolute(folder) ? folder : path.join(home, '.local', 'state');
    }
  }
}
