import { readCertificates } from '../../../src/adapters/agnesApi/certificateFile.ts';
import { HttpClient, type HttpAnswer, type HttpRequest } from '../../../src/adapters/agnesApi/httpClient.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { parseServerAddress } from '../../../src/core/serverAddress.ts';
import type { AgnesStandInOptions } from '../../fixtures/agnesServer/agnesStandIn.ts';
import { manyTables } from '../../fixtures/agnesServer/manyTables.ts';
import { standInOrphans, standInTables } from '../../fixtures/agnesServer/standInTables.ts';
import { ADMIN, ANALYST, ApiBench, USER_AGENT } from './apiBench.ts';

/** A server that may be read, and nothing else. */
export interface ReadOnlyServer extends AsyncDisposable {
  readonly http: HttpClient;
  readonly token: string;
}

export interface NamedServer {
  readonly name: string;
  readonly open: () => Promise<ReadOnlyServer>;
}

/**
 * Stand-ins, and the server of the environment where there is one: its address in `AGNES_URL`, a token in `AGNES_TOKEN`, and
 * in `AGNES_CA_FILE`, if it needs that, the file of its authority.
 */
export function readOnlyServers(environment: NodeJS.ProcessEnv): readonly NamedServer[] {
  const { AGNES_URL: url, AGNES_TOKEN: token, AGNES_CA_FILE: caFile } = environment;
  const isGiven = url !== undefined && url !== '' && token !== undefined && token !== '';
  return [
    standIn('a stand-in', {}),
    standIn('a stand-in, as its administrator', {}, ADMIN),
    standIn('a stand-in on Postgres', { backend: 'postgres', gzip: true }),
    standIn('a stand-in of 0.52', { flavour: '0.52' }),
    standIn('a stand-in of many tables', { tables: manyTables(2_000, now()) }),
    ...(isGiven ? [realServer(url, token, caFile)] : []),
  ];
}

function standIn(name: string, options: AgnesStandInOptions, user = ANALYST): NamedServer {
  const open = async (): Promise<ReadOnlyServer> => {
    const tables = standInTables(now());
    const bench = await ApiBench.start({ tables, orphans: standInOrphans(now()), clock: now, ...options });
    return {
      http: readingClient(bench.server.origin),
      token: bench.tokenOf(user),
      [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
    };
  };
  return { name, open };
}

function realServer(url: string, token: string, caFile: string | undefined): NamedServer {
  const address = parseServerAddress(url);
  const open = (): Promise<ReadOnlyServer> => {
    if (address.kind === 'unusable') return Promise.reject(new Error(`AGNES_URL: ${address.problem}`));
    return Promise.resolve({
      http: readingClient(address.origin, caFile),
      token,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
  return { name: 'the server of AGNES_URL', open };
}

function readingClient(origin: string, caFile?: string): HttpClient {
  const certificates = (): Promise<readonly string[] | undefined> =>
    caFile === undefined || caFile === '' ? Promise.resolve(undefined) : readCertificates(caFile);
  return new ReadingClient({ origin, certificates, clock: createSystemClock(), userAgent: USER_AGENT });
}

/** Sends nothing that could change anything. */
class ReadingClient extends HttpClient {
  override async request(request: HttpRequest): Promise<HttpAnswer> {
    if (request.method !== 'GET') throw new Error(`${request.method} is not for reading`);
    return super.request(request);
  }
}

/** Epoch microseconds. */
function now(): bigint {
  return BigInt(Date.now()) * 1_000n;
}
