import { truncateCodePoints } from './displayText.ts';

// As in displayText.ts, but for the line break and the tab: controls, and the marks that turn the reading direction.
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- removing control characters is its purpose
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g;

/** Text from outside in several lines: its line breaks stay, at most one empty line in a row; otherwise as `singleLine`. */
export function textBlock(text: string, maxCodePoints = 20_000): string {
  const clean = text
    .replaceAll(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(UNPRINTABLE, ' ')
    .replaceAll(/[^\S\n]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  const short = truncateCodePoints(clean, maxCodePoints);
  return short === clean ? clean : `${truncateCodePoints(clean, maxCodePoints - 1)}…`;
}
