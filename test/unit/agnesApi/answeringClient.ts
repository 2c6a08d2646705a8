import { HttpClient, type HttpAnswer, type HttpRequest } from '../../../src/adapters/agnesApi/httpClient.ts';
import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

/** A client that sends nothing: it gives what a test has set, one for each request, and keeps what it was asked for. */
export class AnsweringClient extends HttpClient {
  readonly requests: HttpRequest[] = [];
  readonly #answers: (HttpAnswer | Error)[];

  /** @param answers an error is what the request rejects with */
  constructor(...answers: (HttpAnswer | Error)[]) {
    super({
      origin: 'https://agnes.example.com',
      certificates: () => Promise.resolve(undefined),
      clock: new FakeClock(),
      userAgent: 'test',
    });
    this.#answers = answers;
  }

  override request(request: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(request);
    const answer = this.#answers.shift() ?? new Error('the test has set no further answer');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}

/** An answer with this text. */
export function answer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    text,
    contentType: headers['content-type'] ?? '',
    header: (name) => headers[name.toLowerCase()],
  };
}

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return answer(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

/** As proxies answer, with what they should not tell. */
export function webPage(status: number): HttpAnswer {
  return answer(status, '<!DOCTYPE html><title>Sign in</title><p>hush', { 'content-type': 'text/html' });
}

/** For `assert.rejects` and `assert.throws`. */
export function failsWith(reason: FailureReason, detail?: RegExp | string): (thrown: unknown) => boolean {
  return (thrown) => {
    if (!(thrown instanceof AgnesFailure) || thrown.reason !== reason) return false;
    if (detail === undefined) return true;
    return typeof detail === 'string' ? thrown.detail === detail : detail.test(thrown.detail ?? '');
  };
}
