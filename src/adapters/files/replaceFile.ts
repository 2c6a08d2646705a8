import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a private file as a whole: whoever reads it meets the old text or the new one. Rejects with the system's error, or
 * with what the pieces of the text throw.
 */
export async function replaceFile(file: string, text: string | Iterable<string>): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, file);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
}
