import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CALM_SETTINGS, type Settings } from './profile.ts';

/** User settings of `npm start`: the built-in sample catalog, and nothing that asks or calls home. */
export const SAMPLE_SETTINGS: Settings = { ...CALM_SETTINGS, 'agnesFreshness.database': 'sample' };

const README = `# Agnes Freshness with its sample catalog

Click the database with the clock in the activity bar: it shows how old Agnes's numbers are, table by table.
Refresh one table with the icon of its row, or all of them with the icon above. Nothing here reaches a cloud.
`;

/** Makes the folder that `npm start` opens. */
export function writeSampleWorkspace(parent: string): string {
  const folder = path.join(parent, 'agnes-sample');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'README.md'), README);
  return folder;
}
