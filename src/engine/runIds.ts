import type { Random } from '../ports/clock.ts';

const RUN_ID_DIGITS = 8;

/** Eight hexadecimal digits, as Agnes's own run ids (contract, 4.4). */
export function newRunId(random: Random): string {
  return Array.from({ length: RUN_ID_DIGITS }, () => Math.floor(random() * 16).toString(16)).join('');
}
