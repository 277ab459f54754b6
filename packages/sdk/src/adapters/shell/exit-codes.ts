import { permanent, retryLater } from "../../errors/index.ts";

export interface ExitCodes {
  /** Codes after which trying again is of no use, besides those of sysexits.h and of commands that cannot be run. */
  readonly permanent?: readonly number[] | undefined;
  /** Codes after which the step is tried again, whatever else is said of them. */
  readonly retryable?: readonly number[] | undefined;
}

/** EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE's neighbours that do not mend: and 126, 127, "cannot be run". */
const PERMANENT = [64, 65, 66, 67, 68, 72, 73, 76, 77, 78, 126, 127];
const EX_TEMPFAIL = 75;
const PAUSE_SECONDS = 60;

/** The failure that an exit code stands for. */
export function failureOf(code: number, command: string, tail: string, codes: ExitCodes): Error {
  const why = code === 126 || code === 127 ? "cannot be run" : `ended with ${code}`;
  const message = `\`${command}\` ${why}.${tail === "" ? "" : `\n${tail}`}`;
  const data = { exitCode: code };
  if (codes.retryable?.includes(code)) return new Error(message);
  if (codes.permanent?.includes(code) || PERMANENT.includes(code))
    return permanent(message, { data });
  if (code === EX_TEMPFAIL) return retryLater(message, { afterSeconds: PAUSE_SECONDS, data });
  return new Error(message);
}
