const QUOTED_IDENTIFIER = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$/;
const PROJECT_ID = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const CONFIGURED_PROJECT_ID = /^(?:[a-z0-9][a-z0-9.-]{0,60}[a-z0-9]:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

/**
 * Agnes's rule for a dataset or table that may stand between backticks (contract, 4.2), without Python's `$`, which lets
 * one trailing newline pass: no BigQuery name has one. A deliberate difference.
 */
export function isQuotedIdentifier(value: unknown): value is string {
  return typeof value === 'string' && QUOTED_IDENTIFIER.test(value);
}

/** Project segment of a fully-qualified name (contract, 2.6). */
export function isProjectId(value: string): boolean {
  return PROJECT_ID.test(value);
}

/** Project from a setting or the environment: also the domain-scoped form `example.com:project`. */
export function isConfiguredProjectId(value: string): boolean {
  return CONFIGURED_PROJECT_ID.test(value);
}
