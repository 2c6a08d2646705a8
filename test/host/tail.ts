import { closeSync, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';

const POLL_MS = 100;
const CHUNK_BYTES = 65_536;

/** Copies what is appended to a file; `flush()` takes what is there by now, `close()` the rest. */
export interface Tail {
  flush(): void;
  close(): void;
}

/** Follows `file`, which exists, into `target`. */
export function followFile(file: string, target: Writable): Tail {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const flush = (): void => {
    for (;;) {
      const count = readSync(descriptor, buffer, 0, buffer.length, null);
      if (count === 0) return;
      target.write(Buffer.from(buffer.subarray(0, count)));
    }
  };
  const timer = setInterval(flush, POLL_MS).unref();
  return {
    flush,
    close(): void {
      clearInterval(timer);
      flush();
      closeSync(descriptor);
    },
  };
}
