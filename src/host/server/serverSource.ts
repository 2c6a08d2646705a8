import { AgnesApi } from '../../adapters/agnesApi/agnesApi.ts';
import { probeServer } from '../../adapters/agnesApi/serverProbe.ts';
import { checkToken, type TokenClaims } from '../../core/accessToken.ts';
import { AgnesFailure, asFailure, type FailureReason } from '../../core/failure.ts';
import type { MetadataSource } from '../../sources/metadataSource.ts';
import { RememberedTables } from '../../sources/memory/rememberedTables.ts';
import { RemoteSource } from '../../sources/remote/remoteSource.ts';
import { serverLabel, type ServerChoice } from '../sourceChoice.ts';
import { windowName } from '../windowName.ts';
import { httpClientFor, readToken } from './serverAccess.ts';
import type { ServerParts } from './serverParts.ts';
import { NOBODYS_STATE, UserState, type StorageFolders } from './userState.ts';

const SIGNED_OUT: readonly FailureReason[] = ['signedOut', 'cliSignedOut'];

/**
 * Makes the source of an Agnes server, for who is signed in there now: when that turns out to be somebody else, the source
 * asks for nothing more and is opened anew. It is there without a sign-in too, and without a network: reading it says why.
 */
export async function openServerSource(
  choice: ServerChoice,
  parts: ServerParts,
  folders: StorageFolders,
): Promise<MetadataSource> {
  const { origin } = choice;
  const { settings, clock, log, tokens } = parts;
  const http = httpClientFor(origin, parts);
  let claims = await claimsOf(choice, parts);
  const user = userOf(claims);
  const state = user === undefined ? undefined : new UserState(origin, user, parts, folders);
  let version: string | undefined;
  const asking = new AbortController();
  const token = async (): Promise<string> => {
    claims = undefined;
    const text = await readToken(choice, parts);
    const now = personalClaims(text);
    if (userOf(now) !== user) {
      tokens.userChanged(origin);
      throw new AgnesFailure('cancelled', { detail: 'somebody else is signed in by now' });
    }
    claims = now;
    return text;
  };
  const isSignedOut = async (): Promise<boolean> => {
    try {
      return userOf(personalClaims(await readToken(choice, parts))) !== user;
    } catch (error) {
      // A window that is closing may reach the secret storage no more, which tells nothing.
      return SIGNED_OUT.includes(asFailure(error).reason);
    }
  };
  const memory = new RememberedTables(state?.memory(isSignedOut) ?? NOBODYS_STATE.memory, clock);
  const source = new RemoteSource({
    id: `server:${origin}`,
    label: serverLabel(origin),
    origin,
    get version() {
      return version;
    },
    server: new AgnesApi({ http, token, log }),
    account: () => claims && { email: claims.email, expiresAt: claims.expiresAt },
    earlier: state?.earlier(isSignedOut) ?? NOBODYS_STATE.earlier,
    memory,
    records: state?.records ?? NOBODYS_STATE.records,
    window: windowName(),
    clock,
    random: Math.random,
    log,
    rereads: () => settings.autoRefresh,
    startsRuns: () => settings.serverStartsRuns,
    defaultPolicy: () => settings.policy,
    owned: {
      dispose: () => {
        asking.abort();
        memory.dispose();
      },
    },
  });
  if (claims !== undefined) {
    void probeServer(http, asking.signal).then(
      (probed) => {
        version = probed.version;
        log.info(`${origin}: Agnes ${version ?? 'of an unknown version'}`);
      },
      () => undefined, // reading the tables tells what is wrong
    );
  }
  return source;
}

/** What is kept of a server for who is signed in there, to be forgotten; `undefined` where nobody is. */
export async function stateOfUser(
  choice: ServerChoice,
  parts: ServerParts,
  folders: StorageFolders,
): Promise<UserState | undefined> {
  const user = userOf(await claimsOf(choice, parts));
  return user === undefined ? undefined : new UserState(choice.origin, user, parts, folders);
}

/** What the token says of its user; nothing where there is none, or not a usable one. */
async function claimsOf(choice: ServerChoice, parts: ServerParts): Promise<TokenClaims | undefined> {
  try {
    return personalClaims(await readToken(choice, parts));
  } catch {
    return undefined;
  }
}

function personalClaims(token: string): TokenClaims | undefined {
  const checked = checkToken(token);
  return checked.kind === 'personal' ? checked.claims : undefined;
}

function userOf(claims: TokenClaims | undefined): string | undefined {
  return claims?.subject ?? claims?.email;
}
