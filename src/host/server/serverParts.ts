import type { Extension } from 'vscode';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Settings } from '../settings.ts';
import type { TokenStore } from './tokenStore.ts';

/** What everything that talks to an Agnes server is made of. */
export interface ServerParts {
  readonly tokens: TokenStore;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
  /** Name and version of this extension, for the server's log. */
  readonly userAgent: string;
}

/** Name and version of this extension. */
export function userAgentOf({ packageJSON }: Pick<Extension<unknown>, 'packageJSON'>): string {
  const { version } = packageJSON as { readonly version: string };
  return `agnes-freshness/${version}`;
}
