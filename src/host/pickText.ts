import { singleLine } from '../core/displayText.ts';

/** Text from outside for an entry of a quick pick, where `$(name)` would be an icon. */
export function pickText(text: string): string {
  return singleLine(text, 80).replaceAll('$(', '$ (');
}
