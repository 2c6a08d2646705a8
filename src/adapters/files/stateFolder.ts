import { createHash } from 'node:crypto';
import path from 'node:path';

const FOLDER = 'agnes-freshness';

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
