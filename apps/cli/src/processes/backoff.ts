const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** A process that lived this long was well: what happens to it later starts a new count. */
export const WELL_AFTER_MS = 30_000;

/** How long to wait before the process is started again, after its nth crash in a row. */
export function backoffMs(crashes: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, crashes - 1));
}
