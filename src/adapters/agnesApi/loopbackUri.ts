/** Of Agnes's sign-in (contract, 6.1). */
const MIN_PORT = 1_024;
const MAX_PORT = 65_535;
const LOOPBACK_WITH_PORT = /^(?:127\.0\.0\.1|localhost|\[::1\]):([1-9]\d{3,4})$/i;

/** What counts of a `vscode.Uri`. */
export interface LoopbackUri {
  readonly scheme: string;
  /** Host and port. */
  readonly authority: string;
  readonly path: string;
}

/**
 * The port at which the browser of the user reaches a loopback address of this window. Agnes sends the browser to
 * `http://127.0.0.1:<port>/` and nowhere else, so what VS Code made of the address has to be plain HTTP on loopback still.
 *
 * @param uri what `asExternalUri` made of `http://127.0.0.1:<port>/`
 * @returns 1024 to 65535, another one than ours where VS Code forwards it; `undefined` for tunnels, proxies and other hosts
 */
export function portOfLoopback({ scheme, authority, path }: LoopbackUri): number | undefined {
  if (scheme.toLowerCase() !== 'http' || (path !== '' && path !== '/')) return undefined;
  const port = Number(LOOPBACK_WITH_PORT.exec(authority)?.[1]);
  return port >= MIN_PORT && port <= MAX_PORT ? port : undefined;
}
