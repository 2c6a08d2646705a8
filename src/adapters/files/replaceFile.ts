import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** On Windows a file that somebody reads at this moment can't be replaced. */
const IN_USE: ReadonlySet<unknown> = new Set(['EPERM', 'EBUSY', 'EACCES']);
const RENAME_ATTEMPTS = 5;
const RENAME_PAUSE_MS = 20;

/**
 * Writes a private file as a whole: whoever reads it meets the old text or the new one. Rejects with the system's error, or
 * with what the pieces of the text throw.
 */
export async function replaceFile(file: string, text: string | Iterable<string>): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await renameInTurn(temporary, file);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

async function renameInTurn(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to);
      return;
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
      if (process.platform !== 'win32' || !IN_USE.has(code) || attempt === RENAME_ATTEMPTS) throw thrown;
    }
    await delay(RENAME_PAUSE_MS);
  }
}
