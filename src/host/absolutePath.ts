import { homedir } from 'node:os';
import path from 'node:path';

/**
 * A path as people write it: `~` is the home folder.
 *
 * @returns `undefined` for a relative one, which would hang on where the editor was started
 */
export function absolutePath(text: string): string | undefined {
  const expanded = /^~[/\\]/.test(text) ? path.join(homedir(), text.slice(2)) : text;
  return path.isAbsolute(expanded) ? expanded : undefined;
}
