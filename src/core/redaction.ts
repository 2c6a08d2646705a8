/** What stands in place of a secret. */
const HIDDEN = '[hidden]';

/*
 * A pattern finds where a secret starts, a search for what can't be in it finds where it ends. So the time is in proportion to
 * the text, and no text, however long, has the engine of the patterns remember a way back through it.
 */

/** A secret that is known by its shape: how it starts (`1`: what stays in front of it), and what ends it. */
interface Shape {
  readonly start: RegExp;
  readonly stop: RegExp;
}

const SHAPES: readonly Shape[] = [
  // A private key; one whose end is cut off goes on to the end of the text.
  {
    start: /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g,
    stop: /(?<=-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)/g,
  },
  // `Bearer …`, but not the words "bearer token" and "bearer authentication" in a sentence.
  {
    start: /\b(bearer(?:\s{1,8}|%20|\+))(?!(?:tokens?|auth[a-z]{0,20})(?:[\s.,;:]|$))(?=[^\s"'<>,;])/gi,
    stop: /[\s"'<>,;]/g,
  },
  // A JWT, whole or cut off: JSON that starts with `{"`, in base64. In the middle of a word its usual first fields decide.
  {
    start: /(?<=^|[^A-Za-z0-9]|%[0-9A-Fa-f]{2}|\\[nrt])eyJ[\w-]{10}|eyJ(?:hbGci|0eXAi|raWQi)/g,
    stop: /[^\w.+/=-]/g,
  },
  // Google: access token, refresh token, API key, client secret.
  { start: /(?<![A-Za-z0-9])ya29\.(?=[\w-])/g, stop: /[^\w.~+/=-]/g },
  { start: /(?<![\w/.-])1\/\/0[\w-]{20}/g, stop: /[^\w-]/g },
  { start: /(?<![A-Za-z0-9])(?:AIza[\w-]{20}|GOCSPX-[\w-]{10})/g, stop: /[^\w-]/g },
  // GitHub: tokens of either style.
  { start: /(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9]{16}|github_pat_\w{20})/g, stop: /\W/g },
];

const HOST_START = /:\/\//g;
/** What ends host and user of a URL, in its own text or in JSON. */
const HOST_STOP = /[\s/?#"<>\\]/g;

/**
 * Where the value of something starts that is secret by its name, with the name in group
 * - `header`: the value goes on to the end of the line
 * - `parameter`: names that say something else in a log (`code=ECONNREFUSED`), so they count in the query of a URL alone
 * - `plain`: names after which a colon counts without quotes too
 * - `field`: names after which a colon counts where the value is quoted ("unexpected token: …" is a sentence)
 *
 * The end of a name decides, so `AGNES_TOKEN`, `refreshToken` and `client_secret` are found. VS Code writes `=` and `&` of a
 * query as `%3D` and `%26`.
 */
const NAMES =
  /(?:(?<header>authorization|x-storageapi-token|cookie)|(?<parameter>(?:[?&#]|&amp;|%3F|%26|%23)(?:code|state|key)(?==|%3D))|(?<plain>(?:access|refresh|id)_?token|client_?secret|password|passwd|passphrase|private[_-]?key|api[_-]?key)|(?<field>token|secret))(?:\\{0,7}["'])?\s{0,3}(?<separator>[:=]|%3D)\s{0,3}/gi;
/** An opening quote; one of JSON in JSON has backslashes before it. */
const QUOTE = /\\{0,7}["']/y;
const LINE_STOP = /[\r\n]/g;
const PARAMETER_STOP = /[\s&"'`<>]/g;
const ENCODED_PARAMETER_STOP = /[\s&"'`<>]|%26/g;
const FIELD_STOP = /[\s"'`<>,}]/g;
const NO_SECRETS: ReadonlySet<string> = new Set(['', 'null', 'undefined', 'true', 'false', 'None']);

/**
 * Puts `[hidden]` in place of whatever looks like a secret, by its shape or by its name, for the log and for messages.
 * Hides too much rather than too little; what has neither shape nor name is not found.
 */
export function redactSecrets(text: string): string {
  let result = text;
  for (const { start, stop } of SHAPES) {
    result = hide(result, start, (whole, match) => ({
      start: match.index + (match[1]?.length ?? 0),
      end: endBefore(whole, match.index + match[0].length, stop),
    }));
  }
  return hide(hide(result, HOST_START, findUser), NAMES, findValue);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Hides what `find` makes of each match; `undefined` is nothing. */
function hide(
  text: string,
  pattern: RegExp,
  find: (text: string, match: RegExpExecArray) => Range | undefined,
): string {
  let result = '';
  let copied = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const found = find(text, match);
    if (found === undefined) continue;
    result += text.slice(copied, found.start) + HIDDEN;
    copied = found.end;
    pattern.lastIndex = found.end;
  }
  return result + text.slice(copied);
}

/** User and password in a URL. */
function findUser(text: string, { index }: RegExpExecArray): Range | undefined {
  const start = index + '://'.length;
  const end = text.slice(start, endBefore(text, start, HOST_STOP)).lastIndexOf('@');
  return end <= 0 ? undefined : { start, end: start + end };
}

function findValue(text: string, match: RegExpExecArray): Range | undefined {
  const { header, plain, separator } = match.groups ?? {};
  const from = match.index + match[0].length;
  QUOTE.lastIndex = from;
  const quote = QUOTE.exec(text)?.[0];
  const start = from + (quote?.length ?? 0);
  let end: number;
  if (quote !== undefined) end = endOfQuoted(text, start, quote);
  else if (header !== undefined) end = endBefore(text, start, LINE_STOP);
  else if (separator === '=') end = endBefore(text, start, PARAMETER_STOP);
  else if (separator !== ':') end = endBefore(text, start, ENCODED_PARAMETER_STOP);
  // A list or an object of that name is no secret itself.
  else if (plain === undefined || /[[{]/.test(text.charAt(start))) return undefined;
  else end = endBefore(text, start, FIELD_STOP);
  return NO_SECRETS.has(text.slice(start, end)) ? undefined : { start, end };
}

/** The end of a text in quotes: of the whole text where the closing one is cut off. */
function endOfQuoted(text: string, start: number, quote: string): number {
  let end = text.indexOf(quote, start);
  while (end > start && text.charAt(end - 1) === '\\') end = text.indexOf(quote, end + 1);
  return end < 0 ? text.length : end;
}

function endBefore(text: string, from: number, stop: RegExp): number {
  stop.lastIndex = from;
  return stop.exec(text)?.index ?? text.length;
}
