import type { Gotcha } from './cachedMetadata.ts';
import { truncateCodePoints } from './displayText.ts';

/** Gotchas of one table that are shown, and code points of each. */
export const MAX_GOTCHAS = 50;
export const MAX_GOTCHA_CODE_POINTS = 4_096;

/** Reads the stored list of gotchas, JSON text, as Agnes does: what can't be read is none (contract, 2.4). */
export function decodeGotchas(stored: string | null): readonly Gotcha[] {
  if (stored === null) return [];
  try {
    return toGotchas(JSON.parse(stored));
  } catch {
    return [];
  }
}

/** As Agnes stores them: JSON text of a list of `{key, body}`, or null where there are none (contract, 2.4). */
export function encodeGotchas(gotchas: readonly Gotcha[]): string | null {
  if (gotchas.length === 0) return null;
  return JSON.stringify(gotchas.map(({ text, isKey }) => ({ key: isKey, body: text })));
}

/**
 * The gotchas of a list of `{key: bool, body: str}`, in its order. What is not one of these, or says nothing, is left out.
 *
 * @param list anything
 */
export function toGotchas(list: unknown): readonly Gotcha[] {
  if (!Array.isArray(list)) return [];
  const gotchas: Gotcha[] = [];
  for (const entry of list as unknown[]) {
    if (gotchas.length === MAX_GOTCHAS) break;
    if (typeof entry !== 'object' || entry === null || !('body' in entry)) continue;
    if (typeof entry.body !== 'string' || entry.body.trim() === '') continue;
    const text = truncateCodePoints(entry.body, MAX_GOTCHA_CODE_POINTS);
    gotchas.push({ text, isKey: 'key' in entry && entry.key === true });
  }
  return gotchas;
}
