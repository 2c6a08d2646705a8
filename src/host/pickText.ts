import { singleLine } from '../core/displayText.ts';

/** Code points of a path in a quick pick: its end is what tells it from others. */
export const MAX_PICKED_PATH = 300;

/** Text from outside for an entry of a quick pick, where `$(name)` would be an icon; as one line. */
export function pickText(text: string, maxCodePoints = 80): string {
  return singleLine(text, maxCodePoints).replaceAll('$(', '$ (');
}
