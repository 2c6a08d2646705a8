import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT } from '../host/places.ts';

describe('npm start', () => {
  it('serves VS Code with the extension installed and active', async () => {
    const child = spawn(process.execPath, [path.join(ROOT, 'test/start.ts'), '--check'], {
      cwd: ROOT,
      // A desktop VS Code would be another test.
      env: { ...process.env, FRESHNESS_DESKTOP_CODE: undefined, AGNES_FRESHNESS_PORT: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 0, output);
    assert.match(output, /^OK: VS Code shows the extension\.$/m);
  });
});
