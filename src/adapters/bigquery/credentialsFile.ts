import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { AgnesFailure } from '../../core/failure.ts';
import type { Environment } from './bigQueryConfiguration.ts';
import { checkCredentials, type CredentialsContent } from './credentialsContent.ts';
import { parseJson } from './googleError.ts';

const ADC_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';
/** Real ones have 2 to 4 KB. */
const MAX_CREDENTIALS_BYTES = 256 * 1024;

/** Opening a pipe would wait for somebody to write into it. Windows has neither. */
const NON_BLOCKING: number = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/** What a credentials file holds, checked. */
export interface CredentialsFile {
  readonly text: string;
  readonly content: CredentialsContent;
  /** It is the one that `gcloud auth application-default login` writes, so that this command mends it. */
  readonly isGcloudsOwn: boolean;
}

/**
 * Google's order of places: the file of the setting, that of the environment variable, gcloud's own. The files are read
 * here and not by Google's library, which says what is wrong with one in words only, and follows any address in it.
 *
 * @returns `undefined` where none is named and gcloud has none; what is left then is the machine's own identity
 * @throws AgnesFailure `credentialsUnreadable`
 */
export async function readCredentials(
  setting: string | undefined,
  environment: Environment,
  platform: NodeJS.Platform,
): Promise<CredentialsFile | undefined> {
  const gclouds = gcloudFile(environment, platform);
  const read = async (path: string, source: string): Promise<CredentialsFile | undefined> => {
    const found = await readFile(path, source);
    return found && { ...found, isGcloudsOwn: gclouds !== undefined && resolve(path) === resolve(gclouds) };
  };
  const readNamed = async (path: string, source: string): Promise<CredentialsFile> => {
    const file = await read(path, source);
    if (file === undefined) throw unreadable(source, 'no such file');
    return file;
  };
  if (setting !== undefined) return await readNamed(setting, 'bigquery.credentialsFile');
  const variable = environment[ADC_VARIABLE] ?? environment[ADC_VARIABLE.toLowerCase()];
  if (variable !== undefined && variable !== '') return await readNamed(variable, ADC_VARIABLE);
  return gclouds === undefined ? undefined : await read(gclouds, 'gcloud');
}

function gcloudFile(environment: Environment, platform: NodeJS.Platform): string | undefined {
  const folder = gcloudFolder(environment, platform);
  return folder === undefined ? undefined : join(folder, 'application_default_credentials.json');
}

function gcloudFolder(environment: Environment, platform: NodeJS.Platform): string | undefined {
  const explicit = environment['CLOUDSDK_CONFIG'];
  if (explicit !== undefined && explicit !== '') return explicit;
  const [base, ...below] =
    platform === 'win32' ? [environment['APPDATA'], 'gcloud'] : [environment['HOME'], '.config', 'gcloud'];
  return base === undefined || base === '' ? undefined : join(base, ...below);
}

/** `undefined`: there is no such file. */
async function readFile(
  path: string,
  source: string,
): Promise<Omit<CredentialsFile, 'isGcloudsOwn'> | undefined> {
  let text: string;
  try {
    text = await readBounded(path, source);
  } catch (thrown) {
    if (thrown instanceof AgnesFailure) throw thrown;
    const code = errorCode(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(source, code ?? 'not readable');
  }
  const checked = checkCredentials(parseJson(text));
  if (checked.kind === 'refused') throw unreadable(source, checked.why);
  return { text, content: checked.content };
}

async function readBounded(path: string, source: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | NON_BLOCKING);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable(source, 'not a file');
    if (stats.size > MAX_CREDENTIALS_BYTES) throw unreadable(source, 'too large');
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(stats.size), position: 0 });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function unreadable(source: string, why: string): AgnesFailure {
  return new AgnesFailure('credentialsUnreadable', {
    detail: `credentials file of ${source}: ${why}`,
    setting: 'bigquery.credentialsFile',
  });
}

function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}
