import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { AgnesFailure } from '../../core/failure.ts';
import { errorCodeOf } from '../system/errorCode.ts';

/** The bundles of whole systems have about 250 KB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Opening a pipe would wait for somebody to write into it. Windows has neither. */
const NON_BLOCKING: number = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/**
 * Certificates of a file in PEM form, each one whole. Text around them, as the tools write it, is left out.
 *
 * @throws AgnesFailure `serverCaFile`
 */
export async function readCertificates(path: string): Promise<readonly string[]> {
  const [, ...blocks] = (await readText(path)).split(BEGIN);
  if (blocks.length === 0) throw unusable(path, 'no certificate in PEM form in it');
  return blocks.map((block, index) => {
    const end = block.indexOf(END);
    if (end < 0) throw unusable(path, `certificate ${index + 1} has no end`);
    return readable(`${BEGIN}${block.slice(0, end)}${END}\n`, () =>
      unusable(path, `certificate ${index + 1} is damaged`),
    );
  });
}

/** Node takes what it can't read without a word, and then no certificate is trusted. */
function readable(pem: string, damaged: () => AgnesFailure): string {
  try {
    return new X509Certificate(pem).toString();
  } catch {
    throw damaged();
  }
}

async function readText(path: string): Promise<string> {
  try {
    await using handle = await open(path, constants.O_RDONLY | NON_BLOCKING);
    const stats = await handle.stat();
    if (!stats.isFile()) throw unusable(path, 'not a file');
    if (stats.size > MAX_FILE_BYTES) throw unusable(path, `more than ${MAX_FILE_BYTES} bytes`);
    return await handle.readFile('latin1');
  } catch (thrown) {
    if (thrown instanceof AgnesFailure) throw thrown;
    throw unusable(path, errorCodeOf(thrown) ?? 'not readable');
  }
}

function unusable(path: string, why: string): AgnesFailure {
  return new AgnesFailure('serverCaFile', { detail: `${path}: ${why}`, setting: 'server.caFile' });
}
