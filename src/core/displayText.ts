/** Agnes's bound for a stored error message (contract, 4.3). */
export const MAX_ERROR_CODE_POINTS = 512;

// Controls, and the marks that turn the reading direction: a name must not be able to forge the text around it.
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- removing control characters is its purpose
  /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g;

/** Text from a table, a server or a file as one line to show: no controls, no direction marks, bounded. */
export function singleLine(text: string, maxCodePoints = 200): string {
  const line = text.replace(UNPRINTABLE, ' ').trim();
  return truncateWithEllipsis(line, maxCodePoints);
}

/** The first `max` Unicode code points, as Python's slice counts them. */
export function truncateCodePoints(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text.slice(0, max * 2));
  return points.length <= max ? points.join('') : points.slice(0, max).join('');
}

function truncateWithEllipsis(text: string, max: number): string {
  const short = truncateCodePoints(text, max);
  return short === text ? text : `${truncateCodePoints(text, max - 1)}…`;
}
