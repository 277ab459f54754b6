import { LocalStackError } from "../local-stack-error.ts";

/** Turns what initdb or the server printed before it gave up into one sentence that says what to do. */
export function explainFailure(what: string, output: string, logFile: string): LocalStackError {
  const cause = new Error(output.trim().slice(-4000));
  if (/no space left on device|disk full|ENOSPC/i.test(output)) {
    return new LocalStackError(
      "disk_full",
      `The disk is full: ${what} needs about 200 MB; free some space and start again.`,
      { cause },
    );
  }
  if (/permission denied|EACCES|EPERM/i.test(output)) {
    return new LocalStackError(
      "no_permission",
      `${what} may not use its folder (${lastLine(output)}); give the folder to the user you start as, or remove it to begin anew.`,
      { cause },
    );
  }
  if (/incompatible with server|not compatible with this version/i.test(output)) {
    return new LocalStackError(
      "data_unusable",
      "The data was written by another version of Postgres; move the folder away to begin anew.",
      { cause },
    );
  }
  if (/could not (create|map|resize) .*shared memory|Cannot allocate memory/i.test(output)) {
    return new LocalStackError(
      "postgres_failed",
      "There is not enough memory for Postgres (it wants about 300 MB); close something and start again.",
      { cause },
    );
  }
  return new LocalStackError(
    "postgres_failed",
    `${what} did not start: ${lastLine(output)} (see ${logFile}).`,
    { cause },
  );
}

function lastLine(output: string): string {
  const lines = output.split("\n").filter((line) => /FATAL|PANIC|ERROR|error|could not/.test(line));
  const line = lines.at(-1) ?? output.trim().split("\n").at(-1) ?? "";
  return line.replace(/^[-\d :.]+(UTC|GMT) \[\d+\] /, "").trim() || "no reason given";
}
