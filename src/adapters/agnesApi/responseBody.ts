import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip, type BrotliDecompress, type Unzip } from 'node:zlib';

import { errorCodeOf } from '../system/errorCode.ts';
import { HttpFailure } from './httpFailure.ts';

/** Counted unpacked. A catalog of ten thousand tables has about 10 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Body of an answer as text.
 *
 * @throws HttpFailure `serverAnswerInvalid` where it is too large or can't be unpacked, `serverUnreachable` where a packed one
 *   ends early; else what the connection fails with
 */
export async function readBody(response: IncomingMessage): Promise<string> {
  const body = unpacked(response);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) throw invalid(`more than ${MAX_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (errorCodeOf(thrown) === 'Z_BUF_ERROR') throw endedEarly();
    if (isUnpackingError(thrown)) throw invalid('the packed body is damaged');
    throw thrown;
  }
  return new TextDecoder().decode(Buffer.concat(chunks, bytes));
}

/** Errors of either end come out of the stream that is read. */
function unpacked(response: IncomingMessage): Readable {
  const unpacker = unpackerOf(response.headers['content-encoding']?.trim().toLowerCase() ?? '');
  if (unpacker === undefined) return response;
  return pipeline(response, unpacker, () => undefined);
}

/** Only gzip is asked for; proxies pack as they like. */
function unpackerOf(encoding: string): Unzip | BrotliDecompress | undefined {
  switch (encoding) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip();
    case 'br':
      return createBrotliDecompress();
    default:
      throw invalid('the body is packed in an unknown way');
  }
}

function isUnpackingError(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    /^(?:Z_|ERR_BROTLI|ERR__ERROR_|ERR_(?:_)?ZLIB)/.test(thrown.code)
  );
}

/** A proxy lost its server in the middle, and ended its own answer as if that were all. */
function endedEarly(): HttpFailure {
  return new HttpFailure('serverUnreachable', { detail: 'the packed body ends early', wasSent: true });
}

function invalid(detail: string): HttpFailure {
  return new HttpFailure('serverAnswerInvalid', { detail, wasSent: true });
}
