import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CALM_SETTINGS, type Settings } from './profile.ts';

/** User settings of `npm start`: the built-in sample catalog, and nothing that asks or calls home. */
export const SAMPLE_SETTINGS: Settings = { ...CALM_SETTINGS, 'agnesFreshness.database': 'sample' };

const README_SQL = `-- Agnes Freshness with its built-in sample catalog.
-- Nothing here reaches a cloud.
--
-- Open the Agnes Freshness view in the activity bar to see
-- which tables can be trusted, and refresh one or all.

SELECT 1;
`;

/** Makes the folder that `npm start` opens. */
export function writeSampleWorkspace(parent: string): string {
  const folder = path.join(parent, 'agnes-sample');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'README.sql'), README_SQL);
  return folder;
}
