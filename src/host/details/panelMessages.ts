import type { PanelMessage } from '../../webview/details/detailsMessages.ts';

const KINDS: readonly PanelMessage['kind'][] = [
  'ready',
  'refresh',
  'openConsole',
  'copyName',
  'helpLastError',
  'helpInspection',
];

/**
 * What a page may ask for, or `undefined` for anything that is not on the list.
 *
 * @param isSourceOpen the source of the page's table is the one that is open; commands would act on another source's table,
 *   so that without it the page is only heard to be there
 */
export function readPanelMessage(message: unknown, isSourceOpen: boolean): PanelMessage['kind'] | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined;
  const known = KINDS.find((kind) => kind === message.kind);
  return isSourceOpen || known === 'ready' ? known : undefined;
}
