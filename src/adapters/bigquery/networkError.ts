const MAX_CAUSES = 5;
const CODE = /^[A-Z][A-Z0-9_]{2,60}$/;

/**
 * Code of an error, such as `ENOTFOUND` or `DEPTH_ZERO_SELF_SIGNED_CERT`. That of a failed `fetch` stands on a cause, or
 * on the first of several where more than one address was tried.
 */
export function errorCodeOf(thrown: unknown): string | undefined {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth += 1) {
    if ('code' in error && typeof error.code === 'string' && CODE.test(error.code)) return error.code;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
  return undefined;
}

/** Whether a code means the network, not a file or a key: those have codes as well (`ENOENT`, `ERR_OSSL_UNSUPPORTED`). */
export function isNetworkCode(code: string): boolean {
  return (
    /^(?:ENOTFOUND|EAI_[A-Z]+|ECONN[A-Z]+|ETIMEDOUT|EHOST[A-Z]+|ENET[A-Z]+|EPIPE|UND_ERR_[A-Z_]+)$/.test(
      code,
    ) || isCertificateCode(code)
  );
}

/** One line on a failed request to `host`, without the text of the error: it can hold addresses and keys. */
export function describeNetworkError(host: string, thrown: unknown): string {
  const code = errorCodeOf(thrown);
  if (code === undefined) return `no connection to ${host}`;
  return isCertificateCode(code)
    ? `the certificate of ${host} is not trusted (${code})`
    : `no connection to ${host} (${code})`;
}

function isCertificateCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER|ERR_TLS/.test(code);
}
