import * as l10n from '@vscode/l10n';
import { hasDate, MICROS_PER_SECOND, type EpochMicros } from './time.ts';

/** Agnes's tokens have a few hundred characters. */
const MAX_TOKEN_LENGTH = 8 * 1024;
/** Header, payload and signature in base64url (RFC 7515); Agnes signs all of its tokens. */
const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;
/** What a paste brings along around a token: white space, quotes, characters without a width. */
const AROUND = /[\s"'`“”‘’\u200b-\u200d\u2060]/;

/** What a personal access token says of itself. Nobody has verified it, the server does so at each request. */
export interface TokenClaims {
  /** Untrusted text. */
  readonly email: string | undefined;
  /** The user's id on the server, untrusted text. */
  readonly subject: string | undefined;
  /** `undefined`: never, or at no time that has a date. */
  readonly expiresAt: EpochMicros | undefined;
}

export type TokenProblem = 'empty' | 'notAToken' | 'session' | 'otherKind';

export type TokenCheck =
  | { readonly kind: 'personal'; readonly claims: TokenClaims }
  | { readonly kind: 'wrong'; readonly why: TokenProblem };

/** The token in what was pasted: without what is around it, a leading `Bearer`, and line breaks of a wrapped copy. */
export function cleanToken(text: string): string {
  const bare = withoutSurroundings(withoutSurroundings(text).replace(/^bearer\s/i, ''));
  return bare
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .join('');
}

/**
 * Tells by its payload whether a text is a personal access token of Agnes (`typ` of the contract, 6.1), so that a paste of
 * something else is told at once and sent nowhere. An agent's token looks the same: the server refuses that one.
 */
export function checkToken(token: string): TokenCheck {
  if (token === '') return { kind: 'wrong', why: 'empty' };
  const payload = readPayload(token);
  if (payload === undefined) return { kind: 'wrong', why: 'notAToken' };
  if (payload['typ'] === 'session') return { kind: 'wrong', why: 'session' };
  if (payload['typ'] !== 'pat') return { kind: 'wrong', why: 'otherKind' };
  return {
    kind: 'personal',
    claims: {
      email: textOf(payload['email']),
      subject: textOf(payload['sub']),
      expiresAt: instantOf(payload['exp']),
    },
  };
}

/** One sentence for an input box: what is wrong, and what to do. */
export function describeTokenProblem(why: TokenProblem): string {
  switch (why) {
    case 'empty':
      return l10n.t('Paste a personal access token from your profile in Agnes.');
    case 'notAToken':
      return l10n.t('This is not a whole token; copy it again from your profile in Agnes.');
    case 'session':
      return l10n.t(
        'This is the token of a browser session; create a personal access token in your profile in Agnes.',
      );
    case 'otherKind':
      return l10n.t(
        'This is a token of another kind; create a personal access token in your profile in Agnes.',
      );
  }
}

function withoutSurroundings(text: string): string {
  // No pattern: one that is anchored at the end is tried from every blank of a long paste.
  let start = 0;
  let end = text.length;
  while (start < end && AROUND.test(text.charAt(start))) start += 1;
  while (end > start && AROUND.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function readPayload(token: string): Readonly<Record<string, unknown>> | undefined {
  const payload = token.length > MAX_TOKEN_LENGTH ? undefined : JWT.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not base64, not UTF-8 or not JSON
  }
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}

/** `exp` counts seconds, which may have a fraction (RFC 7519). */
function instantOf(claim: unknown): EpochMicros | undefined {
  if (typeof claim !== 'number' || !Number.isFinite(claim)) return undefined;
  const instant = BigInt(Math.floor(claim)) * MICROS_PER_SECOND;
  return hasDate(instant) ? instant : undefined;
}
