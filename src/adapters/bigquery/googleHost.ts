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

/** Whether the host is the cloud machine's own metadata server: link-local addresses and Google's name for it. */
export function isMetadataHost(hostname: string): boolean {
  return METADATA_HOSTS.has(hostname);
}

const METADATA_HOSTS: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '[fd00:ec2::254]',
  'metadata.google.internal',
  'metadata.google.internal.',
]);

/** Whether a subject token may be asked for there: over HTTPS, or over HTTP where that does not leave the machine. */
export function isSubjectTokenUrl(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && (isLoopbackHost(url.hostname) || isMetadataHost(url.hostname)))
  );
}
