import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { TableStore } from '../../ports/tableStore.ts';

/**
 * A store that writes nothing while the server keeps its state in Postgres: the file is then a leftover (contract, 1.5).
 * Asked anew before each reading and writing, for a server can be moved while the window is open. Where there is no
 * answer, nothing is written either.
 */
export function guardAgainstPostgres(
  store: TableStore,
  isStateInPostgres: () => Promise<boolean>,
): TableStore {
  const obstacle = async (): Promise<AgnesFailure | undefined> => {
    try {
      return (await isStateInPostgres()) ? new AgnesFailure('stateInPostgres') : undefined;
    } catch (thrown) {
      // Also for what is no AgnesFailure here: the check is a bundle of its own, with a class of its own.
      return asFailure(thrown, 'stateUnknown');
    }
  };
  return {
    readCatalog: async (options) => {
      const catalog = await store.readCatalog(options);
      return { ...catalog, writeObstacle: (await obstacle()) ?? catalog.writeObstacle };
    },
    readTable: async (tableId, signal) => {
      const reading = await store.readTable(tableId, signal);
      return { ...reading, writeObstacle: (await obstacle()) ?? reading.writeObstacle };
    },
    readDetails: (tableId, signal) => store.readDetails(tableId, signal),
    readDescriptions: (signal) => store.readDescriptions(signal),
    storeOutcomes: async (outcomes, options) => {
      const found = await obstacle();
      if (found !== undefined) throw found;
      return store.storeOutcomes(outcomes, options);
    },
  };
}
