import * as v from 'valibot';

import { AgnesFailure } from '../../core/failure.ts';
import { parseExactJson } from './exactJson.ts';
import type { HttpAnswer } from './httpClient.ts';

/** The JSON value, with exact numbers, or `undefined` (which JSON does not have) for anything else. */
export function readJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** A page for people: a proxy or a sign-in wall answered in the server's place. */
export function isWebPage({ contentType, text }: Pick<HttpAnswer, 'contentType' | 'text'>): boolean {
  return /^(?:text\/html|application\/xhtml\+xml)$/.test(contentType) || /^\s*</.test(text);
}

/** Whether it says that it is JSON. */
export function isJsonTyped({ contentType }: Pick<HttpAnswer, 'contentType'>): boolean {
  return /^(?:application|text)\/(?:[\w.-]+\+)?json$/.test(contentType);
}

/**
 * Holds a value against a shape.
 *
 * @throws AgnesFailure `serverAnswerInvalid`; its detail names endpoint and field, never a value
 */
export function readAnswer<TSchema extends v.GenericSchema>(
  schema: TSchema,
  value: unknown,
  endpoint: string,
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const detail = `${endpoint}: ${describeIssue(schema, result.issues[0])}`;
  throw new AgnesFailure('serverAnswerInvalid', { detail });
}

function describeIssue(schema: v.GenericSchema, issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const expected = (expectedBelow(schema, issue) ?? expectedBy(issue)).toLowerCase();
  const what = `expected ${expected}, received ${kindOf(issue.input)}`;
  return path === null ? what : `${path}: ${what}`;
}

/** The messages of our own checks are what they expect; those of the library hold values. */
function expectedBy({ kind, type, expected, message }: v.BaseIssue<unknown>): string {
  return kind === 'schema' && type !== 'custom' ? (expected ?? 'something else') : message;
}

/** What a missing field should be: the library reports it on the object around it, which expects its name. */
function expectedBelow(
  schema: v.GenericSchema,
  { type, input, path }: v.BaseIssue<unknown>,
): string | undefined {
  if (type !== 'object' || input !== undefined || path === undefined) return undefined;
  let at: unknown = schema;
  for (const { key } of path)
    at = propertyOf(propertyOf(at, 'entries'), String(key)) ?? propertyOf(at, 'item');
  const expects = propertyOf(at, 'expects');
  return typeof expects === 'string' ? expects : 'something';
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
