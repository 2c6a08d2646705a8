import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCertificates } from '../../../src/adapters/agnesApi/certificateFile.ts';
import { probeServer } from '../../../src/adapters/agnesApi/serverProbe.ts';
import { privateAuthority, type Authority } from '../../fixtures/agnesServer/authority.ts';
import { ANALYST, ApiBench, failureOf, httpClient, unaborted } from './apiBench.ts';

describe('Agnes API over HTTPS', () => {
  let authority: Authority;
  let other: Authority;
  let folder: string;
  let caFile: string;
  let bench: ApiBench;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agnes-tls-'));
    caFile = path.join(folder, 'ca.pem');
    [authority, other] = await Promise.all([privateAuthority(), privateAuthority()]);
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    await writeFile(caFile, authority.caPem);
    bench = await ApiBench.start({ tls: authority });
  });
  afterEach(() => bench.server.close());

  const fromFile = (): Promise<readonly string[]> => readCertificates(caFile);

  it('trusts a company’s authority by its file', async () => {
    const tables = await bench.as(ANALYST, { certificates: fromFile }).catalog(unaborted());
    assert.ok(tables.length > 0);
    assert.deepEqual(await probeServer(bench.http({ certificates: fromFile }), unaborted()), {
      version: 'dev',
    });
  });

  it('finds it among others in the file', async () => {
    await writeFile(caFile, `# Acme\n${other.caPem}\nand\n${authority.caPem}`);
    const tables = await bench.as(ANALYST, { certificates: fromFile }).catalog(unaborted());
    assert.ok(tables.length > 0);
  });

  it('trusts no authority that nobody named, and sends it nothing', async () => {
    const { reason, detail } = await failureOf(bench.as(ANALYST).catalog(unaborted()));
    assert.equal(reason, 'serverCertificate');
    assert.match(detail ?? '', /^[A-Z_]+$/, 'the code alone');
    assert.equal(bench.server.requests.length, 0);
  });

  it('trusts the named one alone, and sends another nothing', async () => {
    await writeFile(caFile, other.caPem);
    const failure = await failureOf(bench.as(ANALYST, { certificates: fromFile }).catalog(unaborted()));
    assert.equal(failure.reason, 'serverCertificate');
    assert.equal(bench.server.requests.length, 0);
  });

  it('reads the file anew for each request', async () => {
    const api = bench.as(ANALYST, { certificates: fromFile });
    await writeFile(caFile, other.caPem);
    assert.equal((await failureOf(api.catalog(unaborted()))).reason, 'serverCertificate');
    await writeFile(caFile, authority.caPem);
    assert.ok((await api.catalog(unaborted())).length > 0);
    await writeFile(caFile, other.caPem);
    assert.equal((await failureOf(api.catalog(unaborted()))).reason, 'serverCertificate');
  });

  it('asks nothing when the file is missing, or holds no certificate', async () => {
    const reasonWith = async (name: string): Promise<string> => {
      const certificates = (): Promise<readonly string[]> => readCertificates(path.join(folder, name));
      return (await failureOf(bench.as(ANALYST, { certificates }).catalog(unaborted()))).reason;
    };
    assert.equal(await reasonWith('nothing.pem'), 'serverCaFile');
    assert.equal(await reasonWith('.'), 'serverCaFile');
    await writeFile(path.join(folder, 'key.pem'), authority.key);
    assert.equal(await reasonWith('key.pem'), 'serverCaFile');
    await writeFile(path.join(folder, 'half.pem'), authority.caPem.slice(0, authority.caPem.length / 2));
    assert.equal(await reasonWith('half.pem'), 'serverCaFile');
    assert.deepEqual([bench.server.requests.length, bench.server.connections], [0, 0]);
  });

  const bad: readonly [string, Parameters<typeof privateAuthority>[0], string][] = [
    ['for another host', { names: ['agnes.example.com', '192.0.2.7'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that has expired', { expired: true }, 'CERT_HAS_EXPIRED'],
  ];
  for (const [name, options, code] of bad) {
    it(`refuses a certificate ${name}, and sends nothing`, async () => {
      const tls = await privateAuthority(options);
      await using wrong = await ApiBench.start({ tls });
      const certificates = (): Promise<readonly string[]> => Promise.resolve([tls.caPem]);
      const failure = await failureOf(wrong.as(ANALYST, { certificates }).catalog(unaborted()));
      assert.deepEqual([failure.reason, failure.detail], ['serverCertificate', code]);
      const run = await failureOf(wrong.as(ANALYST, { certificates }).refreshAll(unaborted()));
      assert.equal(run.reason, 'serverCertificate', 'no run was begun');
      assert.equal(wrong.server.requests.length, 0);
    });
  }

  it('tells a server without TLS at an address with it, and the other way round', async () => {
    await using plain = await ApiBench.start();
    const withTls = httpClient(plain.server.origin.replace('http:', 'https:'));
    assert.equal((await failureOf(probeServer(withTls, unaborted()))).reason, 'serverNotAgnes');
    const withoutTls = httpClient(bench.server.origin.replace('https:', 'http:'));
    const { reason } = await failureOf(probeServer(withoutTls, unaborted()));
    assert.ok(['serverNotAgnes', 'serverUnreachable'].includes(reason), reason);
    assert.equal(bench.server.requests.length, 0);
  });
});
