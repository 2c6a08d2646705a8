/** Program: prints times of a server's status as JSON, in microseconds. Its argument is the origin, its input the token. */
import { text } from 'node:stream/consumers';
import { AgnesApi } from '../../../src/adapters/agnesApi/agnesApi.ts';
import { httpClient, unaborted } from './apiBench.ts';

const [origin = ''] = process.argv.slice(2);
const token = await text(process.stdin);
const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const api = new AgnesApi({ http: httpClient(origin), token: () => Promise.resolve(token), log });
const { rows, serverTime } = await api.status(unaborted());
const offsetMinutes = new Date('2026-01-01T00:00:00').getTimezoneOffset();
const times = rows.map(({ refreshedAt, errorAt }) => [String(refreshedAt), String(errorAt)]);
process.stdout.write(JSON.stringify({ offsetMinutes, times, serverTime: String(serverTime) }));
