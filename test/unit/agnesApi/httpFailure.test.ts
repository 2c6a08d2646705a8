import assert from 'node:assert/strict';
import { HttpFailure, mapNetworkError } from '../../../src/adapters/agnesApi/httpFailure.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';

function coded(code: unknown, message = 'connect hush.example.com:443'): Error {
  return Object.assign(new Error(message), { code });
}

/** OpenSSL's results of checking a certificate, as Node names them, and Node's own. */
const certificateCodes = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'CRL_SIGNATURE_FAILURE',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];
const protocolCodes = [
  'EPROTO',
  'HPE_INVALID_CONSTANT',
  'HPE_HEADER_OVERFLOW',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
];
const networkCodes = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'INVALID_CALL',
];

describe('a failed connection', () => {
  for (const code of certificateCodes) {
    it(`${code} is the certificate, before anything was sent`, () => {
      for (const wasSent of [false, true]) {
        const failure = mapNetworkError(coded(code), wasSent);
        assert.deepEqual(
          [failure.reason, failure.detail, failure.wasSent],
          ['serverCertificate', code, false],
        );
      }
    });
  }
  for (const code of protocolCodes) {
    it(`${code} is no server of the kind`, () => {
      for (const wasSent of [false, true]) {
        const failure = mapNetworkError(coded(code), wasSent);
        assert.deepEqual(
          [failure.reason, failure.detail, failure.wasSent],
          ['serverNotAgnes', code, wasSent],
        );
      }
    });
  }
  for (const code of networkCodes) {
    it(`${code} is the network`, () => {
      for (const wasSent of [false, true]) {
        const failure = mapNetworkError(coded(code), wasSent);
        assert.deepEqual(
          [failure.reason, failure.detail, failure.wasSent],
          ['serverUnreachable', code, wasSent],
        );
      }
    });
  }

  it('has its code on a cause, or on the first of several addresses', () => {
    const nested = new Error('outer', { cause: coded('CERT_HAS_EXPIRED') });
    assert.equal(mapNetworkError(nested, false).reason, 'serverCertificate');
    const several = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]);
    assert.equal(mapNetworkError(several, false).detail, 'ECONNREFUSED');
  });

  it('tells nothing of its text', () => {
    for (const thrown of [coded('hush'), coded(7), new Error('hush'), 'hush', { hush: 1 }, undefined, null]) {
      const failure = mapNetworkError(thrown, true);
      assert.deepEqual([failure.reason, failure.detail], ['serverUnreachable', 'no error code']);
      assert.doesNotMatch(`${failure.message} ${failure.stack ?? ''} ${String(failure.cause)}`, /hush\b/);
    }
    assert.doesNotMatch(mapNetworkError(coded('ECONNRESET'), true).message, /hush/);
  });
});

describe('what came in place of an answer', () => {
  it('is a failure as any other, that says whether the request was sent', () => {
    const failure = new HttpFailure('serverUnreachable', { detail: 'ECONNRESET', wasSent: true });
    assert.ok(failure instanceof AgnesFailure);
    assert.ok(failure instanceof HttpFailure);
    assert.deepEqual(
      [failure.reason, failure.detail, failure.wasSent],
      ['serverUnreachable', 'ECONNRESET', true],
    );
    assert.equal(new HttpFailure('cancelled').wasSent, false);
    assert.equal(failure.timedOut, false);
    assert.equal(new HttpFailure('serverUnreachable', { timedOut: true }).timedOut, true);
    assert.equal(new HttpFailure('cancelled').detail, undefined);
  });

  it('is told from failures that don’t', () => {
    for (const other of [
      new AgnesFailure('serverUnreachable'),
      new Error('x'),
      { wasSent: true },
      null,
      'x',
    ]) {
      assert.equal(other instanceof HttpFailure, false);
    }
  });

  it('is known from the copy of the class in another bundle', () => {
    const failureOfOther = Object.assign(new Error('cancelled'), {
      [Symbol.for('agnesFreshness.failure')]: true,
      reason: 'cancelled',
      wasSent: true,
    });
    assert.ok(failureOfOther instanceof HttpFailure);
  });
});
