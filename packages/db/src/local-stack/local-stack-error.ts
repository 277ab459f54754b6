/** What can go wrong while the local stack starts, as a closed list. */
export type LocalStackErrorCode =
  | "already_running"
  | "data_unusable"
  | "disk_full"
  | "migration_failed"
  | "no_free_port"
  | "no_permission"
  | "no_unprivileged_user"
  | "postgres_failed"
  | "unsupported_platform";

/** A failure of the local stack whose message is one sentence that says what to do. */
export class LocalStackError extends Error {
  readonly code: LocalStackErrorCode;

  constructor(code: LocalStackErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "LocalStackError";
    this.code = code;
  }

  /** True for any LocalStackError, also one from a second copy of this module. */
  static is(error: unknown): error is LocalStackError {
    return error instanceof Error && error.name === "LocalStackError" && "code" in error;
  }
}
