const MAX_CAUSES = 5;
const CODE = /^[A-Z][A-Z0-9_]{2,60}$/;

/**
 * Code of an error, such as `ENOTFOUND` or `DEPTH_ZERO_SELF_SIGNED_CERT`. That of a failed `fetch` stands on a cause, or
 * on the first of several where more than one address was tried.
 */
export function errorCodeOf(thrown: unknown): string | undefined {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth += 1) {
    if ('code' in error && typeof error.code === 'string' && CODE.test(error.code)) return error.code;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
  return undefined;
}
