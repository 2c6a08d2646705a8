import tls from 'node:tls';

/** What Node tells of the certificates that it trusts; `getCACertificates` since 22.15. */
export interface CertificateStore {
  readonly getCACertificates?: typeof tls.getCACertificates;
  readonly rootCertificates: readonly string[];
}

type Trusting = (given: readonly string[] | undefined) => string[] | undefined;

/**
 * Adds certificates to the usual ones, because what a request is given takes the place of all that it would trust by itself.
 * VS Code adds those of the system's store only where nothing is given: with the others, they are added here.
 *
 * Reading that store takes long: it is done once, at the first use, in a Node that can.
 */
export function trustingIn(store: CertificateStore): Trusting {
  let usual: readonly string[] | undefined;
  let last: { readonly given: string; readonly merged: readonly string[] } | undefined;
  return (given) => {
    if (given === undefined || given.length === 0) return undefined;
    const joined = given.join('\n');
    if (last?.given !== joined) {
      usual ??= usualCertificates(store);
      last = { given: joined, merged: withoutRepeats([...usual, ...given]) };
    }
    return [...last.merged]; // the caller's own: what a request is given may be added to
  };
}

/**
 * The usual certificates and the given ones.
 *
 * @returns `undefined` where none are given, so that VS Code adds those of the system
 */
export const trustedCertificates: Trusting = trustingIn(tls);

/** Node's own, those of `NODE_EXTRA_CA_CERTS`, and those of the system. */
function usualCertificates({ getCACertificates, rootCertificates }: CertificateStore): readonly string[] {
  if (getCACertificates === undefined) return rootCertificates;
  return [...getCACertificates('default'), ...systemCertificates(getCACertificates)];
}

/** A Node that is built in another way, as Electron's is, may have the function and not this store. */
function systemCertificates(getCACertificates: typeof tls.getCACertificates): readonly string[] {
  try {
    return getCACertificates('system');
  } catch {
    return [];
  }
}

/** The texts of one certificate can differ in the line end after it. */
function withoutRepeats(certificates: readonly string[]): readonly string[] {
  return [...new Map(certificates.map((pem) => [pem.trim(), pem])).values()];
}
