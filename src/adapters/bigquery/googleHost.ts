const GOOGLE_API_DOMAIN = '.googleapis.com';

/**
 * Whether Google credentials may be sent to this URL: `https://*.googleapis.com` on its own port, nothing else
 * (decisions, "Google credentials"). A trailing dot, a user name in the URL or another port is somebody else's.
 */
export function isGoogleApiUrl(url: URL): boolean {
  return (
    url.protocol === 'https:' &&
    url.port === '' && // the URL class drops 443
    url.username === '' &&
    url.password === '' &&
    url.hostname.length > GOOGLE_API_DOMAIN.length &&
    url.hostname.endsWith(GOOGLE_API_DOMAIN)
  );
}

/** Whether the host is this machine, so that plain HTTP stays on it. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}
