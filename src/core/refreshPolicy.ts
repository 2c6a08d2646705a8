import { parsePythonInteger } from './pythonInteger.ts';

export const INTERVAL_VARIABLE = 'SCHEDULER_BQ_METADATA_REFRESH_INTERVAL';
export const CONCURRENCY_VARIABLE = 'AGNES_BQ_METADATA_REFRESH_CONCURRENCY';
export const DEFAULT_INTERVAL_SECONDS = 14_400n;
export const DEFAULT_CONCURRENCY = 4;
/** Agnes has no upper bound; more than this serves nobody (decisions, "Settings"). */
export const MAX_CONCURRENCY = 64;
/** Below the 100 that BigQuery lets one user ask a second, so that other tools have a share (engine-facts, "faults"). */
export const DEFAULT_REQUESTS_PER_SECOND = 80;
export const MAX_REQUESTS_PER_SECOND = 100;
/** The threshold is twice the interval unless it is set (contract, 4.6). */
const THRESHOLD_INTERVALS = 2n;
const MAX_SETTING_SECONDS = 365n * 86_400n;

/** How often, how old is old, how many at once, and how fast. */
export interface RefreshPolicy {
  readonly intervalSeconds: bigint;
  /** A row is fresh up to and including this age. */
  readonly thresholdSeconds: bigint;
  /** Requests under way at once, 1 to 64; `auto`: as many as BigQuery bears. */
  readonly concurrency: number | 'auto';
  /** 1 to 100. */
  readonly requestsPerSecond: number;
}

/** What the settings say; a value that was not set is absent. */
export interface RefreshPolicySettings {
  readonly interval?: unknown;
  readonly threshold?: unknown;
  readonly concurrency?: unknown;
  readonly requestsPerSecond?: unknown;
}

export interface ResolvedRefreshPolicy {
  readonly policy: RefreshPolicy;
  /** One sentence for each value that could not be used, for the log. */
  readonly warnings: readonly string[];
}

/** Explicit setting, else Agnes's environment variable, else the default; a bad value falls back with a warning. */
export function resolveRefreshPolicy(
  settings: RefreshPolicySettings,
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedRefreshPolicy {
  const warnings: string[] = [];
  const intervalSeconds =
    readDuration('interval', settings.interval, warnings) ??
    readVariable(environment, INTERVAL_VARIABLE, warnings) ??
    DEFAULT_INTERVAL_SECONDS;
  const thresholdSeconds =
    readDuration('threshold', settings.threshold, warnings) ?? intervalSeconds * THRESHOLD_INTERVALS;
  const concurrency =
    readConcurrencySetting(settings.concurrency, warnings) ??
    clampConcurrency(readVariable(environment, CONCURRENCY_VARIABLE, warnings), warnings) ??
    DEFAULT_CONCURRENCY;
  const requestsPerSecond =
    readRateSetting(settings.requestsPerSecond, warnings) ?? DEFAULT_REQUESTS_PER_SECOND;
  return { policy: { intervalSeconds, thresholdSeconds, concurrency, requestsPerSecond }, warnings };
}

const SECONDS_PER_UNIT: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3_600n, d: 86_400n };

/**
 * Reads a duration such as `4h`, `90m`, `30s`, `1d`.
 *
 * @returns whole seconds, from 1 to a year, or `undefined`
 */
export function parseDuration(text: string): bigint | undefined {
  const [, amount, unit] = /^\s*(\d{1,9})\s*([smhd])\s*$/i.exec(text) ?? [];
  const factor = SECONDS_PER_UNIT[unit?.toLowerCase() ?? ''];
  if (amount === undefined || factor === undefined) return undefined;
  const seconds = BigInt(amount) * factor;
  return seconds >= 1n && seconds <= MAX_SETTING_SECONDS ? seconds : undefined;
}

function readDuration(name: string, value: unknown, warnings: string[]): bigint | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = typeof value === 'string' ? parseDuration(value) : undefined;
  if (seconds === undefined) {
    warnings.push(
      `The setting agnesFreshness.${name} is not a duration such as 4h, 90m or 1d; it is ignored.`,
    );
  }
  return seconds;
}

function readConcurrencySetting(value: unknown, warnings: string[]): number | 'auto' | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'auto' || isWholeNumberUpTo(MAX_CONCURRENCY, value)) return value;
  warnings.push(
    `The setting agnesFreshness.concurrency is not a whole number from 1 to ${MAX_CONCURRENCY} or "auto"; it is ignored.`,
  );
  return undefined;
}

function readRateSetting(value: unknown, warnings: string[]): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (isWholeNumberUpTo(MAX_REQUESTS_PER_SECOND, value)) return value;
  warnings.push(
    `The setting agnesFreshness.requestsPerSecond is not a whole number from 1 to ${MAX_REQUESTS_PER_SECOND}; it is ignored.`,
  );
  return undefined;
}

function isWholeNumberUpTo(max: number, value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
}

/** A positive integer by Agnes's own rule; unset is silent, anything else unusable is a warning. */
function readVariable(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  warnings: string[],
): bigint | undefined {
  const text = environment[name];
  if (text === undefined) return undefined;
  const value = parsePythonInteger(text);
  if (value !== undefined && value > 0n) return value;
  warnings.push(`The environment variable ${name} is not a positive whole number; it is ignored.`);
  return undefined;
}

function clampConcurrency(value: bigint | undefined, warnings: string[]): number | undefined {
  if (value === undefined) return undefined;
  if (value <= BigInt(MAX_CONCURRENCY)) return Number(value);
  warnings.push(
    `The environment variable ${CONCURRENCY_VARIABLE} is above ${MAX_CONCURRENCY}; ${MAX_CONCURRENCY} is used.`,
  );
  return MAX_CONCURRENCY;
}
