import { inspect } from 'node:util';

/** Parts shorter than this are in any text. */
const MIN_PART_LENGTH = 8;

/** Runs a check; what it fails with holds no part of the token, wherever the server or an assertion put it. */
export async function withoutToken(token: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (thrown) {
    const parts = [token, ...token.split('.')].filter((part) => part.length >= MIN_PART_LENGTH);
    const text = parts.reduce((told, part) => told.replaceAll(part, '…'), inspect(thrown));
    // Without the cause: it is what holds the token.
    // eslint-disable-next-line preserve-caught-error -- see above
    throw new Error(text);
  }
}
