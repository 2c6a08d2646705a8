import type { TableRegistration } from '../core/tableRegistration.ts';
import type { TableModel } from '../sources/tableModel.ts';

/** Whether this user sees column-level facts of tables with an access policy. A server decides by itself what it withholds. */
export function showsPolicied(
  { source }: Pick<TableModel, 'source'>,
  isAdministrator: () => boolean,
): boolean {
  return isAdministrator() && source?.server === undefined;
}

/**
 * Whether column-level facts of a table are not for this user (decisions, "Policied rows").
 *
 * @param registration `undefined` for a table that is gone: nobody knows whether it had a policy
 * @param policiedShown what `showsPolicied` says
 */
export function hidesColumns(
  registration: Pick<TableRegistration, 'hasAccessPolicy'> | undefined,
  policiedShown: boolean,
): boolean {
  return registration?.hasAccessPolicy !== false && !policiedShown;
}
