import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Removes the oldest entries of a folder of ours, files or folders, and leaves what has another name. Rejects with the
 * system's error: other windows do the same, so that an entry may be gone by the time it is looked at.
 *
 * @param count how many stay
 */
export async function keepNewest(folder: string, ours: RegExp, count: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => ours.test(name));
  if (names.length <= count) return;
  const entries = await Promise.all(
    names.map(async (name) => ({ name, mtimeMs: (await stat(path.join(folder, name))).mtimeMs })),
  );
  const oldest = entries.sort((a, b) => b.mtimeMs - a.mtimeMs).slice(count);
  await Promise.all(oldest.map(({ name }) => rm(path.join(folder, name), { recursive: true, force: true })));
}
