import * as l10n from '@vscode/l10n';

/** What keeps a text from being the address of a server. */
export type AddressProblem =
  'empty' | 'noScheme' | 'otherScheme' | 'credentials' | 'path' | 'httpToPublicHost' | 'unreadable';

export type ServerAddress =
  /** `origin` is scheme, host and port as the URL class writes them: lower case, punycode, without the default port. */
  | { readonly kind: 'usable'; readonly origin: string }
  | { readonly kind: 'unusable'; readonly problem: AddressProblem };

const MAX_LENGTH = 2_000;
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i;

/** What the URL class drops or turns into something else: the text would not show where a token goes. */
const TREACHEROUS = /[\s\p{C}\\]/u;

/**
 * Reads the address of an Agnes server as a person types it: scheme and host, nothing behind them. Plain HTTP is for this
 * machine alone, because a token goes with each request.
 */
export function parseServerAddress(text: string): ServerAddress {
  const trimmed = text.trim();
  if (trimmed === '') return unusable('empty');
  if (trimmed.length > MAX_LENGTH || TREACHEROUS.test(trimmed)) return unusable('unreadable');
  const [, scheme, authority = '', rest = ''] = PARTS.exec(trimmed) ?? [];
  if (scheme === undefined) return unusable('noScheme');
  if (!/^https?$/i.test(scheme)) return unusable('otherScheme');
  if (authority.includes('@')) return unusable('credentials');
  if (authority === '' || !URL.canParse(trimmed)) return unusable('unreadable');
  const { protocol, hostname, origin } = new URL(trimmed);
  if (/[^/]/.test(rest)) return unusable('path');
  if (protocol === 'http:' && !isLoopbackHost(hostname)) return unusable('httpToPublicHost');
  return { kind: 'usable', origin };
}

function unusable(problem: AddressProblem): ServerAddress {
  return { kind: 'unusable', problem };
}

/**
 * Whether the host, as the URL class writes it, is this machine, so that plain HTTP stays on it. Of 127.0.0.0/8 it is one address
 * alone: for the others VS Code would ask its proxy, which would see the token.
 */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.has(hostname);
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * One sentence on what to change.
 *
 * @param text what was typed: with it, the sentence names the address that was probably meant
 */
export function describeAddressProblem(problem: AddressProblem, text = ''): string {
  const meant = originMeant(problem, text.trim());
  switch (problem) {
    case 'empty':
      return l10n.t('Give the address of the Agnes server.');
    case 'noScheme':
      return meant === undefined ? l10n.t('Begin with https://.') : l10n.t('Write it as {0}', meant);
    case 'otherScheme':
      return l10n.t('Use https: the Agnes server is asked in no other way.');
    case 'credentials':
      return l10n.t('Leave out user name and password: you sign in afterwards.');
    case 'path':
      return meant === undefined
        ? l10n.t('Leave out what comes after the host name.')
        : l10n.t('Leave out what comes after the host name: {0}', meant);
    case 'httpToPublicHost':
      return l10n.t('Use https: over http a token is sent to localhost alone.');
    case 'unreadable':
      return l10n.t('This is not an address; write it as https://agnes.example.com.');
  }
}

/** Plain HTTP is proposed where it may be used: on this machine. */
function originMeant(problem: AddressProblem, text: string): string | undefined {
  if (problem === 'noScheme') {
    return usableOrigin(`http://${text}`) ?? usableOrigin(`https://${text}`);
  }
  return problem === 'path' ? usableOrigin(/^[^/]*\/\/[^/?#]*/.exec(text)?.[0] ?? '') : undefined;
}

function usableOrigin(text: string): string | undefined {
  const address = parseServerAddress(text);
  return address.kind === 'usable' ? address.origin : undefined;
}
