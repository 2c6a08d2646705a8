import { errorCodeOf } from '../system/errorCode.ts';

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
