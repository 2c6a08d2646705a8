import { redactSecrets } from '../../core/redaction.ts';

/** Who a report must not name. */
export interface PrivateNames {
  /** Home folder of the user. */
  readonly home: string;
  /** Names of the user on this machine. */
  readonly users: readonly string[];
  /** Absolute paths of the workspace's folders: their names are those of projects. */
  readonly folders: readonly string[];
}

/** A shorter user name would take letters out of the middle of everything. */
const MIN_USER_LENGTH = 3;

const E_MAIL = /[^\s@<>"'`()[\]{},;:|/\\]{1,200}@[^\s@<>"'`()[\]{},;:|/\\]{1,200}/g;
/**
 * Home folders of whoever: `/home/ada`, `/Users/ada`, `C:\Users\Ada L`, whichever slashes and case they are written in. A
 * name with spaces in it goes up to the next separator.
 */
const HOMES =
  /(\/home\/)[^\s/\\"'`<>|]+|((?:[a-z]:)?[/\\]{1,2}Users[/\\]{1,2})(?:[^/\\:"'`<>|\n]+(?=[/\\])|[^\s/\\"'`<>|]+)/gi;
/** A web address up to its host; user, path, query and fragment are left out. */
const URL_TEXT = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s"'`<>\\]*)/gi;

/** Takes secrets, e-mail addresses, user names, the home folder and those of the workspace out of one value of a report. */
export function redactValue(text: string, names: PrivateNames): string {
  let result = redactPerson(text, names);
  // The longest first: one may lie in another one.
  for (const folder of names.folders.toSorted((a, b) => b.length - a.length)) {
    // As it stands in the text by now; the separator tells where a user's name ends.
    const written = redactPerson(`${folder}/`, names).replace(/[/\\]+$/, '');
    // The home folder names no project.
    if (written !== '~') result = replacePath(result, written, '[workspace]');
  }
  return result;
}

function redactPerson(text: string, { home, users }: PrivateNames): string {
  let result = redactSecrets(text).replace(URL_TEXT, (_whole, scheme: string, rest: string) => {
    return scheme + bareHost(rest);
  });
  result = replacePath(result.replace(E_MAIL, '[e-mail]'), home, '~');
  result = result.replace(HOMES, (_whole, unix = '', windows = '') => `${unix}${windows}[user]`);
  for (const user of users) {
    if (user.length >= MIN_USER_LENGTH) result = result.replace(literally(user), '[user]');
  }
  return result;
}

/**
 * Replaces a folder's path; what lies in it keeps the rest. Case and kind of slash don't matter, as on Windows: a report
 * that says less than it might is better than one that says too much.
 */
function replacePath(text: string, folder: string, by: string): string {
  const parts = folder.split(/[/\\]+/).filter((part) => part !== '');
  // With the usual one alone, "/" as the home of a service would turn every path into "~".
  if (parts.length === 0 || /^[a-z]:$/i.test(parts.join('/'))) return text;
  const lead = /^[/\\]/.test(folder) ? SEPARATOR : '';
  const pattern = `${lead}${parts.map(escaped).join(SEPARATOR)}(?![\\p{L}\\p{N}])`;
  return text.replace(new RegExp(pattern, 'giu'), by);
}

/** One, or one that is escaped. */
const SEPARATOR = '[/\\\\]{1,2}';

function literally(text: string): RegExp {
  return new RegExp(escaped(text), 'giu');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Host and port of what stands behind `://`, and whether there was more. */
function bareHost(rest: string): string {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return authority.length < rest.replace(/\/+$/, '').length ? `${host}/…` : host;
}
