/** Whether a text as a whole is what a glob describes. */
export type GlobMatcher = (text: string) => boolean;

/** What stands between two `*`. */
interface Piece {
  readonly text: string;
  /** It is itself and nothing else, so that the engine's own search finds it. */
  readonly isLiteral: boolean;
  /** Code points; `ANY` for `?`. */
  readonly characters: readonly number[];
}

const ANY = -1;
const QUESTION_MARK = 0x3f;

/**
 * Reads a glob once, for many texts: `*` is any number of characters, `?` is one, all else is itself, in the same case. Each
 * piece between two `*` is taken where it comes first, and never looked for again, so the worst case is text times glob: no
 * glob and no text can make it take longer than that.
 */
export function compileGlob(glob: string): GlobMatcher {
  const [first = readPiece(''), ...others] = glob.split(/\*+/).map(readPiece);
  const last = others.pop();
  if (last === undefined) return (text) => endOfPiece(first, text, 0) === text.length;
  return (text) => {
    let at = endOfPiece(first, text, 0);
    if (at < 0) return false;
    // Both ends before what is searched for: most texts are none at one of them.
    const end = beginOfLastPiece(last, text, at);
    if (end < 0) return false;
    for (const piece of others) {
      at = endOfNextPiece(piece, text, at);
      if (at < 0 || at > end) return false;
    }
    return true;
  };
}

/** Whether a text has a meaning as a glob beyond itself. */
export function isGlob(text: string): boolean {
  return text.includes('*') || text.includes('?');
}

function readPiece(text: string): Piece {
  const characters = Array.from(text, (one) => one.codePointAt(0) ?? ANY);
  return {
    text,
    // Half of a character could be found inside of a whole one.
    isLiteral: !text.includes('?') && text.isWellFormed(),
    characters: characters.map((one) => (one === QUESTION_MARK ? ANY : one)),
  };
}

/** Where a piece ends that begins at a place of a text; -1 where it does not stand there. */
function endOfPiece({ text: wanted, isLiteral, characters }: Piece, text: string, at: number): number {
  if (isLiteral) return text.startsWith(wanted, at) ? at + wanted.length : -1;
  let end = at;
  for (const character of characters) {
    const found = text.codePointAt(end);
    if (found === undefined || (character !== ANY && character !== found)) return -1;
    end += lengthOf(found);
  }
  return end;
}

/** Where a piece ends that stands first after a place of a text; -1 where there is none. */
function endOfNextPiece(piece: Piece, text: string, at: number): number {
  if (piece.isLiteral) {
    const found = text.indexOf(piece.text, at);
    return found < 0 ? -1 : found + piece.text.length;
  }
  for (let begin = at; begin < text.length; begin += lengthOf(text.codePointAt(begin) ?? 0)) {
    const end = endOfPiece(piece, text, begin);
    if (end >= 0) return end;
  }
  return -1;
}

/** Where a piece begins that a text ends with, at a place of it or after it; -1 where it ends otherwise. */
function beginOfLastPiece(piece: Piece, text: string, at: number): number {
  if (piece.isLiteral) {
    const begin = text.length - piece.text.length;
    return begin >= at && text.endsWith(piece.text) ? begin : -1;
  }
  let begin = text.length;
  for (let left = piece.characters.length; left > 0; left -= 1) {
    begin -= begin > 1 ? lengthOf(text.codePointAt(begin - 2) ?? 0) : 1;
  }
  return begin >= at && endOfPiece(piece, text, begin) === text.length ? begin : -1;
}

/** Units of a text that a character takes. */
function lengthOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
