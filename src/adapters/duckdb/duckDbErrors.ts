import { AgnesFailure, type FailureReason, type FileHolder } from '../../core/failure.ts';

/**
 * DuckDB reports errors as text alone. This is the one place that reads it; wordings are those of 1.5 on Linux, macOS and
 * Windows, where the last part of a message is localised.
 */
const REASONS: readonly (readonly [RegExp, FailureReason])[] = [
  [/^INTERRUPT Error/, 'cancelled'],
  [
    /Could not set lock on file|Lock is already held in current process|File is already open in|being used by another process/i,
    'fileBusy',
  ],
  [
    /database file with version number|file was written with a storage version greater/i,
    'fileFromNewerDuckDb',
  ],
  [/not a valid DuckDB database file/i, 'fileNotDuckDb'],
  [/Could not read enough bytes|Corrupt database file|^Serialization Error/i, 'fileDamaged'],
  [/No space left on device|not enough space on the disk|Disk quota exceeded/i, 'diskFull'],
  [/: Is a directory/i, 'fileIsDirectory'],
  [/No such file or directory|database does not exist/i, 'fileMissing'],
  [/Read-only file system/i, 'fileReadOnly'],
];

const PERMISSION = /Permission denied|Access is denied/i;
const HOLDER = /(?:held|open) in (.+?) \(PID (\d+)\)/i;

/** Longest part of a message that is looked at. */
const MAX_MESSAGE_LENGTH = 4_000;

/**
 * What an error of DuckDB means for the shared file. `undefined` when its text matches nothing that is known.
 *
 * @param path taken out of the text first: a file may be called "Is a directory"
 */
export function classifyDuckDbError(
  thrown: unknown,
  { path, writing }: { readonly path: string; readonly writing: boolean },
): AgnesFailure | undefined {
  if (thrown instanceof AgnesFailure) return thrown;
  const detail = messageOf(thrown).slice(0, MAX_MESSAGE_LENGTH).replaceAll(path, '<file>');
  const reason =
    REASONS.find(([pattern]) => pattern.test(detail))?.[1] ??
    (PERMISSION.test(detail) ? (writing ? 'fileReadOnly' : 'fileNotReadable') : undefined);
  if (reason === undefined) return undefined;
  const holder = reason === 'fileBusy' ? parseHolder(detail) : undefined;
  return new AgnesFailure(reason, { detail, cause: thrown, ...(holder === undefined ? {} : { holder }) });
}

/** As `classifyDuckDbError`, with `unexpected` for the rest. */
export function duckDbFailure(
  thrown: unknown,
  where: { readonly path: string; readonly writing: boolean },
): AgnesFailure {
  return (
    classifyDuckDbError(thrown, where) ??
    new AgnesFailure('unexpected', { detail: messageOf(thrown), cause: thrown })
  );
}

function parseHolder(message: string): FileHolder | undefined {
  const match = HOLDER.exec(message);
  if (match === null) return undefined;
  const [, executable = '', pid = ''] = match;
  return { pid: Number(pid), name: executable.split(/[\\/]/).at(-1) ?? null };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
