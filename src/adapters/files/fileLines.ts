import type { FileHandle } from 'node:fs/promises';

/**
 * Lines of an open file, as many at once as one reading from the disk brings, so that a large file does not block whoever
 * reads it. Rejects with the system's error.
 *
 * @param maxLineLength a longer line ends the reading
 * @param end whether the text has to end with the end of a line: it rejects where that is `required` and not so; otherwise
 *   the last line may be one that was never finished
 */
export async function* fileLines(
  file: FileHandle,
  maxLineLength: number,
  end: 'required' | 'optional' = 'optional',
): AsyncGenerator<readonly string[]> {
  const stream = file.createReadStream({ encoding: 'utf8', autoClose: false, start: 0 });
  let rest = '';
  for await (const piece of stream) {
    const lines = `${rest}${String(piece)}`.split('\n');
    rest = lines.pop() ?? '';
    yield lines;
    if (rest.length > maxLineLength) break;
  }
  if (rest !== '' && end === 'required') throw new Error('not whole lines');
  if (rest !== '' && rest.length <= maxLineLength) yield [rest];
}
