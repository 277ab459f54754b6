import { NofxError, type Issue } from "@nofx/core/errors";

/** A backlog text that is no JSON or YAML, and where. */
export function unreadable(detail: string, cause?: unknown, issues?: Issue[]): NofxError {
  return new NofxError("invalid_json", { detail, cause, ...(issues && { issues }) });
}

/** A text that cannot be read as the format it has, or was said to have. */
export function notInFormat(detail: string, issues?: Issue[]): NofxError {
  return new NofxError("document_unreadable", { detail, ...(issues && { issues }) });
}
