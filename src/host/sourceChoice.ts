import * as l10n from '@vscode/l10n';
import { parseServerAddress } from '../core/serverAddress.ts';

/** Which source a workspace uses. */
export type SourceChoice =
  { readonly kind: 'sample' } | { readonly kind: 'file'; readonly path: string } | ServerChoice;

/** An Agnes server, and whose sign-in is used there: this extension's own, or the one that the Agnes CLI has saved. */
export interface ServerChoice {
  readonly kind: 'server';
  /** Scheme, host and port. */
  readonly origin: string;
  readonly signIn: 'own' | 'cli';
}

/** Name of the sample catalog, for people. */
export function sampleLabel(): string {
  return l10n.t('Sample catalog');
}

/** Name of a choice, for people. */
export function nameOfChoice(choice: SourceChoice): string {
  switch (choice.kind) {
    case 'sample':
      return sampleLabel();
    case 'file':
      return choice.path;
    case 'server':
      return serverLabel(choice.origin);
  }
}

/** Host and port of a server, for people; with the scheme where that is not the usual one. */
export function serverLabel(origin: string): string {
  return origin.replace(/^https:\/\//, '');
}

/** A choice as workspace state has it: what an earlier version or another program wrote, so it is checked like any input. */
export function parseChoice(value: unknown): SourceChoice | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'sample') return { kind: 'sample' };
  if (value.kind === 'file' && 'path' in value && typeof value.path === 'string') {
    return { kind: 'file', path: value.path };
  }
  if (value.kind === 'server' && 'origin' in value && typeof value.origin === 'string') {
    const address = parseServerAddress(value.origin);
    const signIn = 'signIn' in value && value.signIn === 'cli' ? 'cli' : 'own';
    if (address.kind === 'usable') return { kind: 'server', origin: address.origin, signIn };
  }
  return undefined;
}
