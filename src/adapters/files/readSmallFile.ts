import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Opening a pipe would wait for somebody to write into it. Windows has neither. */
const NON_BLOCKING: number = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/**
 * Text of a file of our own. `undefined` where there is none, or one that we can't have written: not a file, too large, of
 * another user.
 */
export async function readSmallFile(file: string, maxBytes: number): Promise<string | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | NON_BLOCKING);
    const stats = await handle.stat();
    const isOurs = process.getuid === undefined || stats.uid === process.getuid();
    return isOurs && stats.isFile() && stats.size <= maxBytes ? await handle.readFile('utf8') : undefined;
  } catch {
    return undefined;
  }
}
