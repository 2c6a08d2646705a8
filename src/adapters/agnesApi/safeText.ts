import { singleLine } from '../../core/displayText.ts';

const MAX_CODE_POINTS = 200;

/** Text of a server as one line for the log: without anything that could be a token, in case it repeats what it was sent. */
export function safeText(text: string): string {
  const withoutTokens = text
    .slice(0, MAX_CODE_POINTS * 10)
    .replace(/\b(?:Bearer|Basic)\s+\S+/gi, '…')
    .replace(/\beyJ[\w-]*(?:\.[\w-]*)*/g, '…')
    .replace(/[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g, '…')
    .replace(/[\w+/=~-]{32,}/g, '…');
  return singleLine(withoutTokens, MAX_CODE_POINTS);
}
