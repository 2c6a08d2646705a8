import * as v from 'valibot';

import { singleLine } from '../../core/displayText.ts';
import { isGoogleApiUrl, isMetadataHost, isSubjectTokenUrl } from './googleHost.ts';

/** gcloud writes one level; each level is one more exchange within the same deadline. */
const MAX_SOURCES = 3;
const MAX_PATH_CODE_POINTS = 120;

/** What a credentials file says, reduced to the fields below. */
export type CredentialsContent = Readonly<Record<string, unknown>>;

export type CheckedContent =
  | { readonly kind: 'usable'; readonly content: CredentialsContent }
  /** `why` names a field and holds nothing of its value. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Reads what a credentials file holds. Google's library takes more from one than Google documents (every field in snake
 * case and in camel case, `endpoint`, options of its HTTP client), so it is given the fields that are listed here and no
 * others, with each address in them checked: a file that came from somebody else must not send what is exchanged for a
 * token to somebody else.
 */
export function checkCredentials(parsed: unknown): CheckedContent {
  if (!isRecord(parsed)) return { kind: 'refused', why: 'not a JSON object' };
  if (fieldsOfType(parsed['type']) === undefined) {
    return { kind: 'refused', why: 'not Google credentials of a known type' };
  }
  const result = v.safeParse(credentials(MAX_SOURCES), parsed, { abortEarly: true });
  if (result.success) return { kind: 'usable', content: result.output };
  const [issue] = result.issues;
  return {
    kind: 'refused',
    why: `${singleLine(v.getDotPath(issue) ?? '', MAX_PATH_CODE_POINTS)} ${issue.message}`,
  };
}

type Schema = v.GenericSchema<unknown, Record<string, unknown>>;

// Every message is given: valibot's own repeat the value, which can be a secret.
const UNUSABLE = 'is missing or not usable';

const text = v.string(UNUSABLE);
const optionalText = v.nullish(text);
const googleUrl = v.pipe(text, v.check(urlThat(isGoogleApiUrl), 'is not an address of Google'));
const optionalGoogleUrl = v.nullish(googleUrl);

/** Google's public cloud; another universe is another company's. */
const universe = v.nullish(v.literal('googleapis.com', 'is not googleapis.com'));

const userFields = {
  client_id: text,
  client_secret: text,
  refresh_token: text,
};

const serviceAccountFields = {
  client_email: text,
  private_key: text,
  private_key_id: optionalText,
  project_id: optionalText,
};

const externalAccountFields = {
  audience: text,
  subject_token_type: text,
  token_url: optionalGoogleUrl,
  service_account_impersonation_url: optionalGoogleUrl,
  service_account_impersonation: v.nullish(
    v.object({ token_lifetime_seconds: v.nullish(v.number(UNUSABLE)) }, UNUSABLE),
  ),
  client_id: optionalText,
  client_secret: optionalText,
  workforce_pool_user_project: optionalText,
  credential_source: v.lazy(subjectTokenSource),
};

const externalUserFields = { ...userFields, audience: optionalText, token_url: optionalGoogleUrl };

const impersonationFields = {
  service_account_impersonation_url: googleUrl,
  delegates: v.nullish(v.array(text, UNUSABLE)),
};

/** Fields of a type, but for those that every type has and the credentials that an impersonation starts from. */
function fieldsOfType(type: unknown): v.ObjectEntries | undefined {
  switch (type) {
    case 'authorized_user':
      return userFields;
    case 'service_account':
      return serviceAccountFields;
    case 'external_account':
      return externalAccountFields;
    case 'external_account_authorized_user':
      return externalUserFields;
    case 'impersonated_service_account':
      return impersonationFields;
    default:
      return undefined;
  }
}

function credentials(sourcesLeft: number): Schema {
  return v.lazy((input) => {
    const type = isRecord(input) ? input['type'] : undefined;
    const fields = fieldsOfType(type);
    if (fields === undefined) return refused('is not of a known type');
    const entries: v.ObjectEntries = {
      type: text,
      universe_domain: universe,
      quota_project_id: optionalText,
      ...fields,
    };
    if (type !== 'impersonated_service_account') return v.object(entries, UNUSABLE);
    const source = sourcesLeft === 0 ? refused('is nested too deeply') : credentials(sourcesLeft - 1);
    return v.object({ ...entries, source_credentials: source }, UNUSABLE);
  });
}

const tokenFormat = v.nullish(
  v.object({ type: optionalText, subject_token_field_name: optionalText }, UNUSABLE),
);

const fileSource = v.object({ file: text, format: tokenFormat }, UNUSABLE);

const urlSource = v.object(
  {
    url: v.pipe(text, v.check(urlThat(isSubjectTokenUrl), 'is not an address for subject tokens')),
    // The gate of token requests refuses it too (`tokenRequestGate.ts`): better said before anything is asked.
    headers: v.nullish(
      v.pipe(
        v.record(v.string(UNUSABLE), text, UNUSABLE),
        v.check((headers) => !Object.keys(headers).some(isAuthorization), 'holds an authorization'),
      ),
    ),
    format: tokenFormat,
  },
  UNUSABLE,
);

const metadataUrl = v.pipe(
  text,
  v.check(
    urlThat(({ protocol, hostname }) => protocol === 'http:' && isMetadataHost(hostname)),
    'is not an address of the metadata server',
  ),
);

const awsSource = v.object(
  {
    environment_id: text,
    region_url: v.nullish(metadataUrl),
    url: v.nullish(metadataUrl),
    imdsv2_session_token_url: v.nullish(metadataUrl),
    // Signed here and called by Google; a signature for anything else is nobody's business.
    regional_cred_verification_url: v.pipe(
      text,
      v.regex(
        /^https:\/\/sts(?:\.(?:\{region\}|[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?\/?\?Action=GetCallerIdentity&Version=2011-06-15$/,
        'is not an address of AWS',
      ),
    ),
  },
  UNUSABLE,
);

/**
 * Where a subject token comes from. Not from a program (a file must not start one), nor with a client certificate: the
 * library makes an HTTP client of its own for that, past our `fetch`, its deadline and its gate.
 */
function subjectTokenSource(input: unknown): Schema {
  const has = (name: string): boolean => isRecord(input) && input[name] !== undefined && input[name] !== null;
  if (has('executable') || has('certificate')) return refused('is of a kind that is not supported');
  if (has('environment_id')) return awsSource;
  if (has('file')) return fileSource;
  return urlSource;
}

function refused(message: string): Schema {
  return v.custom<never>(() => false, message);
}

function isAuthorization(name: string): boolean {
  return /^(?:proxy-)?authorization$/i.test(name.trim());
}

function urlThat(isAllowed: (url: URL) => boolean): (text: string) => boolean {
  return (text) => URL.canParse(text) && isAllowed(new URL(text));
}

function isRecord(value: unknown): value is CredentialsContent {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
