import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCertificates } from '../../../src/adapters/agnesApi/certificateFile.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { privateAuthority, type Authority } from '../../fixtures/agnesServer/authority.ts';

let authority: Authority;
let folder = '';
let file = '';
before(async () => {
  authority = await privateAuthority();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'agnes-ca-'));
  file = path.join(folder, 'ca.pem');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readText(content: string | Buffer): Promise<readonly string[]> {
  await writeFile(file, content);
  return readCertificates(file);
}

function fingerprints(certificates: readonly string[]): readonly string[] {
  return certificates.map((pem) => new X509Certificate(pem).fingerprint256);
}

/** @param why after the path of the file */
function unusable(why: string, at = file): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof AgnesFailure);
    assert.deepEqual(
      [thrown.reason, thrown.detail, thrown.setting],
      ['serverCaFile', `${at}: ${why}`, 'server.caFile'],
    );
    return true;
  };
}

describe('a CA file', () => {
  it('gives its certificate', async () => {
    const certificates = await readText(authority.caPem);
    assert.deepEqual(fingerprints(certificates), fingerprints([authority.caPem]));
  });

  it('gives each of several, in their order, without what stands between them', async () => {
    const bundle = [
      'Acme private authority\n======================\n',
      authority.caPem,
      '\n# für den Server (é)\n',
      authority.cert,
      '\n',
      authority.key,
      authority.caPem.trim(),
    ].join('');
    const certificates = await readText(bundle);
    assert.deepEqual(
      fingerprints(certificates),
      fingerprints([authority.caPem, authority.cert, authority.caPem]),
    );
    assert.ok(
      certificates.every((pem) =>
        /^-----BEGIN CERTIFICATE-----\n[\w+/=\n]+-----END CERTIFICATE-----\n$/.test(pem),
      ),
    );
  });

  it('may come from Windows', async () => {
    const certificates = await readText(`\ufeff${authority.caPem.replaceAll(/\r?\n/g, '\r\n')}`);
    assert.deepEqual(fingerprints(certificates), fingerprints([authority.caPem]));
  });

  it('may be a link', async () => {
    await writeFile(file, authority.caPem);
    const link = path.join(folder, 'link.pem');
    await symlink(file, link);
    assert.equal((await readCertificates(link)).length, 1);
  });

  it('has to be there', async () => {
    await assert.rejects(readCertificates(file), unusable('ENOENT'));
    await writeFile(file, '');
    const below = path.join(file, 'ca.pem');
    await assert.rejects(readCertificates(below), unusable('ENOTDIR', below));
  });

  it('has to be a file', async () => {
    await mkdir(file);
    await assert.rejects(readCertificates(file), unusable('not a file'));
  });

  it('has to be a file: a pipe is not waited for', async function () {
    if (process.platform === 'win32') return this.skip();
    execFileSync('mkfifo', [file]);
    await assert.rejects(readCertificates(file), unusable('not a file'));
  });

  it('has to hold a certificate', async () => {
    const none = 'no certificate in PEM form in it';
    const der = new X509Certificate(authority.caPem).raw;
    for (const content of [
      '',
      'hello',
      authority.key,
      der,
      authority.caPem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
    ]) {
      await assert.rejects(readText(content), unusable(none));
    }
  });

  it('has to hold whole ones', async () => {
    const [cut = ''] = authority.cert.split('-----END');
    await assert.rejects(readText(cut), unusable('certificate 1 has no end'));
    await assert.rejects(readText(authority.caPem + cut), unusable('certificate 2 has no end'));
    await assert.rejects(readText(cut + authority.caPem), unusable('certificate 1 has no end'));
  });

  it('has to hold readable ones', async () => {
    const damaged = authority.caPem.replace(/\n(?=-----END)/, '').replace(/[\w+/=]{30}(?=-----END)/, '');
    await assert.rejects(readText(damaged), unusable('certificate 1 is damaged'));
    const second = '-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n';
    await assert.rejects(readText(authority.caPem + second), unusable('certificate 2 is damaged'));
  });

  it('is not read beyond the size of such files', async () => {
    await writeFile(file, authority.caPem);
    await truncate(file, 4 * 1024 * 1024);
    assert.equal((await readCertificates(file)).length, 1);
    await truncate(file, 4 * 1024 * 1024 + 1);
    await assert.rejects(readCertificates(file), unusable('more than 4194304 bytes'));
  });

  it('is closed again', async function () {
    if (process.platform !== 'linux') return this.skip();
    const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    await readText(authority.caPem);
    const before = await open();
    await readCertificates(file);
    await assert.rejects(readCertificates(folder));
    await assert.rejects(readText('hello'));
    assert.equal(await open(), before);
  });
});
