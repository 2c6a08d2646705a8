import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cliConfigFolder, readCliSignIn, readCliToken } from '../../../src/adapters/agnesApi/cliSignIn.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';

const ORIGIN = 'https://agnes.example.com';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2ln';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'agnes-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** `undefined` leaves a file out. */
async function save(config: string | undefined, token: string | undefined): Promise<void> {
  if (config !== undefined) await writeFile(path.join(folder, 'config.yaml'), config);
  if (token !== undefined) await writeFile(path.join(folder, 'token.json'), token);
}

const CONFIG = `server: ${ORIGIN}\nworkspace_root: /home/ann/agnes\n`;
const SAVED = JSON.stringify({ access_token: TOKEN, email: 'ann@example.com', role: 'admin' });

describe('where the CLI keeps its sign-in', () => {
  it('is AGNES_CONFIG_DIR, else .config/agnes at home on every operating system', () => {
    const home = path.join(path.sep, 'home', 'ann');
    assert.equal(cliConfigFolder({ AGNES_CONFIG_DIR: folder }, home), folder);
    for (const environment of [{}, { AGNES_CONFIG_DIR: '' }, { XDG_CONFIG_HOME: '/x', APPDATA: '/y' }]) {
      assert.equal(cliConfigFolder(environment, home), path.join(home, '.config', 'agnes'));
    }
  });
});

describe('the sign-in of the CLI', () => {
  it('is its server and its token', async () => {
    await save(CONFIG, SAVED);
    assert.deepEqual(await readCliSignIn(folder), { origin: ORIGIN, token: TOKEN, email: 'ann@example.com' });
  });

  it('has its server as an origin, however it is written', async () => {
    await save('server: "HTTPS://Agnes.Example.com:443/"\n', SAVED);
    assert.equal((await readCliSignIn(folder))?.origin, ORIGIN);
    await save('server: http://localhost:8000', SAVED);
    assert.equal((await readCliSignIn(folder))?.origin, 'http://localhost:8000');
  });

  it('does without an e-mail address, or one that is no text', async () => {
    for (const email of [{}, { email: null }, { email: '' }, { email: 7 }]) {
      await save(CONFIG, JSON.stringify({ access_token: TOKEN, ...email }));
      assert.deepEqual(await readCliSignIn(folder), { origin: ORIGIN, token: TOKEN, email: undefined });
    }
  });

  it('is read as the CLI does: of a key given twice the last one counts', async () => {
    await save(`server: https://other.example.com\nserver: ${ORIGIN}\n`, SAVED);
    assert.equal((await readCliSignIn(folder))?.origin, ORIGIN);
  });

  const many = Array.from({ length: 12 }, (_, at) => `a${at}: &a${at} [${`*a${at - 1}, `.repeat(at && 9)}x]`);
  const unusable: readonly (readonly [
    name: string,
    config: string | undefined,
    token: string | undefined,
  ])[] = [
    ['nothing', undefined, undefined],
    ['a token without a server', undefined, SAVED],
    ['a server without a token', CONFIG, undefined],
    ['no YAML', 'server: [\n', SAVED],
    ['YAML without a server', 'workspace_root: /x\n', SAVED],
    ['YAML that is a list', '- server\n', SAVED],
    ['an empty file', '', SAVED],
    ['a server that is no text', 'server: 7\n', SAVED],
    ['a server that is no address', 'server: agnes\n', SAVED],
    ['a server in plain http', 'server: http://agnes.example.com\n', SAVED],
    ['a server with a user in it', 'server: https://ann:pw@agnes.example.com\n', SAVED],
    ['aliases that unfold without end', `${many.join('\n')}\nserver: ${ORIGIN}\nlast: *a11\n`, SAVED],
    ['brackets without end', `server: ${ORIGIN}\nx: ${'['.repeat(20_000)}`, SAVED],
    ['a config that is too large', `${CONFIG}# ${'x'.repeat(16 * 1024)}`, SAVED],
    ['no JSON', CONFIG, 'access_token: x'],
    ['JSON that is a list', CONFIG, '[]'],
    ['half of a JSON', CONFIG, SAVED.slice(0, -5)],
    ['a token that is no text', CONFIG, '{"access_token": 7}'],
    ['an empty token', CONFIG, '{"access_token": ""}'],
    ['a token that would end its header', CONFIG, '{"access_token": "a\\r\\nHost: b"}'],
    ['a token that no header can carry', CONFIG, '{"access_token": "žluť"}'],
    ['a token that is too long', CONFIG, JSON.stringify({ access_token: 'x'.repeat(8_193) })],
    ['a file of a token that is too large', CONFIG, `${SAVED}${' '.repeat(16 * 1024)}`],
  ];
  for (const [name, config, token] of unusable) {
    it(`is none: ${name}`, async () => {
      await save(config, token);
      assert.equal(await readCliSignIn(folder), undefined);
    });
  }

  it('is none where a folder has the name of a file, or there is no folder at all', async () => {
    await save(CONFIG, undefined);
    await mkdir(path.join(folder, 'token.json'));
    assert.equal(await readCliSignIn(folder), undefined);
    assert.equal(await readCliSignIn(path.join(folder, 'nowhere')), undefined);
  });

  it('stays as it is', async () => {
    await save(CONFIG, SAVED);
    const file = path.join(folder, 'token.json');
    await chmod(file, 0o400);
    const before = await stat(file);
    await readCliToken(folder, ORIGIN);
    assert.deepEqual((await readdir(folder)).sort(), ['config.yaml', 'token.json']);
    assert.equal(await readFile(file, 'utf8'), SAVED);
    assert.equal((await stat(file)).mtimeMs, before.mtimeMs);
  });
});

describe('the token of the CLI', () => {
  const signedOut = (thrown: unknown): boolean =>
    thrown instanceof AgnesFailure && thrown.reason === 'cliSignedOut' && !thrown.message.includes(TOKEN);

  it('is read anew at each use', async () => {
    await save(CONFIG, SAVED);
    assert.equal(await readCliToken(folder, ORIGIN), TOKEN);
    await save(undefined, JSON.stringify({ access_token: 'renewed' }));
    assert.equal(await readCliToken(folder, ORIGIN), 'renewed');
    await rm(path.join(folder, 'token.json'));
    await assert.rejects(readCliToken(folder, ORIGIN), signedOut);
  });

  it('goes to its own server alone', async () => {
    await save(CONFIG, SAVED);
    for (const origin of [
      'https://other.example.com',
      'http://agnes.example.com',
      `${ORIGIN}:8443`,
      `${ORIGIN}.evil.example`,
      '',
    ]) {
      await assert.rejects(readCliToken(folder, origin), signedOut, origin);
    }
    await save('server: https://other.example.com\n', undefined);
    await assert.rejects(readCliToken(folder, ORIGIN), signedOut);
  });
});
