import { AgnesFailure, type FailureReason } from '../../core/failure.ts';
import { errorCodeOf } from '../system/errorCode.ts';

interface HttpFailureFacts {
  readonly detail?: string;
  readonly wasSent?: boolean;
  readonly timedOut?: boolean;
}

/** What came in place of a whole answer. Known over bundles as `AgnesFailure` is. */
export class HttpFailure extends AgnesFailure {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof AgnesFailure && 'wasSent' in value;
  }

  /** The whole request was on its way to the server before this: it may have been acted on. */
  readonly wasSent: boolean;
  /** The deadline passed: nothing is wrong with the connection, as far as is known. */
  readonly timedOut: boolean;

  constructor(reason: FailureReason, { detail, wasSent = false, timedOut = false }: HttpFailureFacts = {}) {
    super(reason, detail === undefined ? {} : { detail });
    this.wasSent = wasSent;
    this.timedOut = timedOut;
  }
}

// OpenSSL's results of checking a certificate, as Node names them.
const CERTIFICATE_CODE =
  /^(?:CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|(?:INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$)/;
// Something else than HTTP, or than TLS, is at the other end.
const PROTOCOL_CODE =
  /^(?:EPROTO|HPE_.+|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL))$/;

/** An error of `node:http` → whose fault it is. The detail is its code alone: its text can hold addresses. */
export function mapNetworkError(thrown: unknown, wasSent: boolean): HttpFailure {
  const detail = errorCodeOf(thrown) ?? 'no error code';
  if (CERTIFICATE_CODE.test(detail)) return new HttpFailure('serverCertificate', { detail });
  const reason = PROTOCOL_CODE.test(detail) ? 'serverNotAgnes' : 'serverUnreachable';
  return new HttpFailure(reason, { detail, wasSent });
}
