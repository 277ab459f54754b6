import { NofxError } from "@nofx/core/errors";
import { Sentence } from "../../../scripts/lib/say.mjs";
import { shown } from "./paths.ts";

export { Sentence };

/** Stable: scripts switch on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What was asked cannot be done as it was asked: a file that is not there, a key that is none. */
export class WrongUsage extends Sentence {}

/** The person pressed Ctrl-C, or somebody ended the process: no failure to explain. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted.");
    this.name = "Interrupted";
  }
}

/** Waits that are cut short by a signal wrap its reason. */
export function wasInterrupted(error: unknown): boolean {
  return (
    error instanceof Interrupted ||
    (error instanceof Error && error.name === "AbortError" && error.cause instanceof Interrupted)
  );
}

/** What to print for an error: one sentence that says what to do, then the details that help. */
export function explain(error: unknown): string {
  if (error instanceof Sentence) return error.message;
  // By name, because the module behind it is large and most commands do without.
  if (error instanceof Error && error.name === "LocalStackError") return error.message;
  if (NofxError.is(error)) return explainProblem(error);
  const system = systemErrorSentence(error);
  if (system !== undefined) return system;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const MAX_ISSUES = 20;

function explainProblem(error: NofxError): string {
  const issues = error.issues
    .slice(0, MAX_ISSUES)
    .map((issue) => `  ${placeOf(issue)}: ${issue.message}`);
  const more = error.issues.length - MAX_ISSUES;
  if (more > 0) issues.push(`  and ${more} more`);
  return [`${error.detail ?? error.message} (${error.code})`, ...issues].join("\n");
}

/** Which item, and which field of it; of a request its field. */
function placeOf({ item, path }: NofxError["issues"][number]): string {
  if (item === undefined) return path === "" ? "the whole" : path;
  const field = path.replace(/^\/(?:items|rows|lines|issues)\/\d+\/?/, "").replaceAll("/", ".");
  return field.startsWith(".") || field === "" ? item : `${item} ${field}`;
}

/** The failures of a machine that a person can put right. */
export function systemErrorSentence(error: unknown): string | undefined {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const where = path === undefined ? "" : ` (${shown(path)})`;
  switch (code) {
    case "ENOSPC":
      return `The disk is full${where}: free some space (about 1 GB) and run this again.`;
    case "EDQUOT":
      return `Your disk quota is used up${where}: free some space and run this again.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `No permission${where}: run this as the owner of the clone, or change its owner.`;
    case "EMFILE":
    case "ENFILE":
      return "Too many files are open: raise the limit (ulimit -n 4096) and run this again.";
    default:
      return undefined;
  }
}
