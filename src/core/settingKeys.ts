/** Names below `agnesFreshness.` of every setting; a test holds them against package.json. */
export const SETTING_KEYS = [
  'autoRefresh',
  'interval',
  'threshold',
  'dataFreshness',
  'countPinnedOnly',
  'concurrency',
  'requestsPerSecond',
  'database',
  'administrator',
  'server.url',
  'server.caFile',
  'server.startRuns',
  'bigquery.project',
  'bigquery.billingProject',
  'bigquery.credentialsFile',
  'bigquery.apiEndpoint',
] as const;

export type SettingKey = (typeof SETTING_KEYS)[number];

export const SETTINGS_SECTION = 'agnesFreshness';
