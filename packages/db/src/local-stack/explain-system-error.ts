import { LocalStackError } from "./local-stack-error.ts";

/** Codes of the operating system and of Postgres that say the disk is full. */
const DISK_FULL = new Set(["ENOSPC", "EDQUOT", "53100"]);
const NO_PERMISSION = new Set(["EACCES", "EPERM", "EROFS"]);

/** Runs `work`; a full disk or a folder that is not ours becomes a sentence that says what to do. */
export async function withExplainedErrors<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainSystemError(error, home);
  }
}

/** The error itself when there is nothing to say about it. */
export function explainSystemError(error: unknown, home: string): unknown {
  if (!(error instanceof Error) || LocalStackError.is(error) || !("code" in error)) return error;
  const code = String(error.code);
  if (DISK_FULL.has(code)) {
    return new LocalStackError(
      "disk_full",
      `The disk of ${home} is full; free about 200 MB and start again.`,
      { cause: error },
    );
  }
  if (NO_PERMISSION.has(code)) {
    const at = "path" in error && typeof error.path === "string" ? error.path : home;
    return new LocalStackError(
      "no_permission",
      `${at} belongs to another user: start as that user, or remove ${home} (the local data) as that user and start again.`,
      { cause: error },
    );
  }
  return error;
}
