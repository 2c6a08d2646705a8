import { isGoogleApiUrl, isSubjectTokenUrl } from './googleHost.ts';

/** Subject tokens of workload identity are asked for with GET; AWS's metadata server wants a PUT first. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT']);
const SECRET_HEADERS = ['authorization', 'proxy-authorization', 'cookie'];

/**
 * Why a request of Google's library is not sent, `undefined` where it may be. Google is sent anything. Any other host is
 * only asked: no bearer token, no body (decisions, "Google credentials"), whatever a credentials file made the library
 * believe.
 */
export function refuseTokenRequest(url: URL, init: RequestInit): string | undefined {
  if (isGoogleApiUrl(url)) return undefined;
  if (!isSubjectTokenUrl(url)) return 'a token request to an unsafe address was not sent';
  const headers = new Headers(init.headers);
  const isQuestion =
    METHODS.has(init.method?.toUpperCase() ?? 'GET') &&
    (init.body === undefined || init.body === null) &&
    !SECRET_HEADERS.some((name) => headers.has(name));
  return isQuestion ? undefined : 'a token request to a host that is not Google’s was not sent';
}
