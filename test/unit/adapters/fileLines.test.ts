import assert from 'node:assert/strict';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileLines } from '../../../src/adapters/files/fileLines.ts';

const MAX_LENGTH = 10;

describe('lines of a file', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agnes-lines-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function linesOf(text: string, end?: 'required' | 'optional'): Promise<readonly string[]> {
    const name = path.join(folder, 'lines');
    await writeFile(name, text);
    await using file = await open(name);
    const lines: string[] = [];
    for await (const some of fileLines(file, MAX_LENGTH, end)) lines.push(...some);
    return lines;
  }

  it('are whole over all readings from the disk', async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `ž${index}`);
    assert.deepEqual(await linesOf(`${lines.join('\n')}\n`, 'required'), lines);
  });

  it('are none where it is empty', async () => {
    assert.deepEqual(await linesOf('', 'required'), []);
  });

  it('have the last one that was never finished, unless it has to be', async () => {
    assert.deepEqual(await linesOf('a\nb'), ['a', 'b']);
    await assert.rejects(linesOf('a\nb', 'required'), /not whole lines/);
  });

  it('end before one that is too long', async () => {
    const tooLong = `a\n${'x'.repeat(200_000)}`;
    assert.deepEqual(await linesOf(`${tooLong}\nb\n`), ['a']);
    assert.deepEqual(await linesOf(tooLong), ['a']);
    await assert.rejects(linesOf(`${tooLong}\nb\n`, 'required'), /not whole lines/);
  });
});
