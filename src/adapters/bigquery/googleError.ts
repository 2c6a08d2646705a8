import * as v from 'valibot';

/** Google's error object, of either style, as far as it decides anything. */
export interface GoogleError {
  /** Legacy reasons (`errors[].reason`, such as `accessDenied`) and those of `ErrorInfo` (such as `USER_PROJECT_DENIED`). */
  readonly reasons: ReadonlySet<string>;
  /** Such as `NOT_FOUND`. */
  readonly status: string | undefined;
  /** Untrusted text. */
  readonly message: string;
}

const reasons = v.fallback(v.array(v.looseObject({ reason: v.optional(v.unknown()) })), []);

const errorAnswer = v.object({
  error: v.object({
    message: v.fallback(v.string(), ''),
    status: v.fallback(v.optional(v.string()), undefined),
    errors: reasons,
    details: reasons,
  }),
});

/** Reads the body of an answer that is not a success; `undefined` where it holds no error object. */
export function parseGoogleError(body: string): GoogleError | undefined {
  const result = v.safeParse(errorAnswer, parseJson(body));
  if (!result.success) return undefined;
  const { message, status, errors, details } = result.output.error;
  const found = [...errors, ...details]
    .map(({ reason }) => reason)
    .filter((reason) => typeof reason === 'string');
  return { reasons: new Set(found), status, message };
}

/** The JSON value, or `undefined` (which JSON does not have) for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
