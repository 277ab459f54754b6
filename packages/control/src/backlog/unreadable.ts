import { NofxError, type Issue } from "@nofx/core/errors";

/** A backlog text that cannot be read, and where. */
export function unreadable(detail: string, cause?: unknown, issues?: Issue[]): NofxError {
  return new NofxError("invalid_json", { detail, cause, ...(issues && { issues }) });
}
