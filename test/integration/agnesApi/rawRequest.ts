import type { AgnesStandIn } from '../../fixtures/agnesServer/agnesStandIn.ts';

/** An answer as it came, read by nothing of ours. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface RawRequest {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks with the `fetch` of Node, and follows no redirect. @param endpoint method and path, such as `GET /api/health` */
export async function ask(
  server: AgnesStandIn,
  endpoint: `${'GET' | 'POST' | 'PUT'} /${string}`,
  { token, headers, body }: RawRequest = {},
): Promise<RawAnswer> {
  const [method = '', path = ''] = endpoint.split(' ', 2);
  const response = await fetch(server.origin + path, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
