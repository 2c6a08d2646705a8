import { isAbsolute, join } from 'node:path';

import { AgnesFailure } from '../../core/failure.ts';
import { isConfiguredProjectId } from '../../core/identifiers.ts';
import type { SettingKey } from '../../core/settingKeys.ts';
import { isGoogleApiUrl, isLoopbackHost } from './googleHost.ts';

export const PROJECT_VARIABLE = 'BIGQUERY_PROJECT';
export const EMULATOR_VARIABLE = 'BIGQUERY_EMULATOR_HOST';
const GOOGLE_ENDPOINT = 'https://bigquery.googleapis.com';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the settings say; empty text is "not set". */
export interface BigQuerySettings {
  readonly project?: string | undefined;
  readonly billingProject?: string | undefined;
  readonly credentialsFile?: string | undefined;
  readonly apiEndpoint?: string | undefined;
}

/** Where tables are asked for. */
export interface BigQueryEndpoint {
  /** Scheme, host and, where there is one, a path; no slash at the end. */
  readonly baseUrl: string;
  /** Whether credentials are sent there; every other endpoint is called anonymously. */
  readonly isGoogle: boolean;
}

/** Settings that have passed their rules. */
export interface BigQueryConfiguration {
  /** Project of registrations without one of their own; `undefined` leaves only those with a `bq_fqn`. */
  readonly project: string | undefined;
  /** Project that quota is counted against, sent as `x-goog-user-project`. */
  readonly billingProject: string | undefined;
  /** Absolute path. */
  readonly credentialsFile: string | undefined;
  readonly endpoint: BigQueryEndpoint;
}

/**
 * Explicit setting, else environment variable, else default.
 *
 * @throws AgnesFailure `settingInvalid`, its `setting` (or, for a variable, its detail) naming what to look at
 */
export function resolveBigQueryConfiguration(
  settings: BigQuerySettings,
  environment: Environment,
): BigQueryConfiguration {
  return {
    project: readProject(settings, environment),
    billingProject: projectId(given(settings.billingProject), 'bigquery.billingProject'),
    credentialsFile: readCredentialsFile(given(settings.credentialsFile), environment),
    endpoint: readEndpoint(settings, environment),
  };
}

function given(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function readProject(settings: BigQuerySettings, environment: Environment): string | undefined {
  const explicit = given(settings.project);
  if (explicit !== undefined) return projectId(explicit, 'bigquery.project');
  return projectId(given(environment[PROJECT_VARIABLE]), 'bigquery.project', PROJECT_VARIABLE);
}

function projectId(
  text: string | undefined,
  setting: SettingKey,
  source: string = setting,
): string | undefined {
  if (text === undefined || isConfiguredProjectId(text)) return text;
  throw new AgnesFailure('settingInvalid', { detail: `${source} is not a project id`, setting });
}

function readCredentialsFile(text: string | undefined, environment: Environment): string | undefined {
  if (text === undefined || isAbsolute(text)) return text;
  const home = environment['HOME'] ?? environment['USERPROFILE'];
  if (home !== undefined && /^~[/\\]/.test(text)) return join(home, text.slice(2));
  // relative to what? The working directory of an editor is nobody's choice
  throw new AgnesFailure('settingInvalid', {
    detail: 'bigquery.credentialsFile is not an absolute path',
    setting: 'bigquery.credentialsFile',
  });
}

function readEndpoint(settings: BigQuerySettings, environment: Environment): BigQueryEndpoint {
  const explicit = given(settings.apiEndpoint);
  if (explicit !== undefined) return parseEndpoint(explicit, 'bigquery.apiEndpoint');
  const emulator = given(environment[EMULATOR_VARIABLE]);
  if (emulator !== undefined) return parseEndpoint(emulator, EMULATOR_VARIABLE);
  return { baseUrl: GOOGLE_ENDPOINT, isGoogle: true };
}

/** Reads an endpoint; one without a scheme, as emulators are usually named, is HTTP on this machine, else HTTPS. */
function parseEndpoint(text: string, source: string): BigQueryEndpoint {
  const unusable = (why: string): AgnesFailure =>
    new AgnesFailure('settingInvalid', { detail: `${source} ${why}`, setting: 'bigquery.apiEndpoint' });
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? parseUrl(text) : parseUrlWithoutScheme(text);
  if (url === undefined) throw unusable('is not a URL');
  if (url.username !== '' || url.password !== '') throw unusable('holds a user name');
  if (url.search !== '' || url.hash !== '') throw unusable('holds more than a host and a path');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    throw unusable('must be https, or http on this machine');
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/bigquery\/v2$/, '');
  return { baseUrl: url.origin + path, isGoogle: isGoogleApiUrl(url) };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function parseUrlWithoutScheme(text: string): URL | undefined {
  const local = parseUrl(`http://${text}`);
  return local !== undefined && isLoopbackHost(local.hostname) ? local : parseUrl(`https://${text}`);
}
