import { NofxError } from "@nofx/core/errors";
import { sqlStateOf } from "@nofx/db/client";

/** What a refusal of the database means to the caller. Everything unknown stays what it is. */
export function fromDatabaseError(error: unknown): unknown {
  if (NofxError.is(error)) return error;
  const state = sqlStateOf(error);
  if (state === undefined)
    return isConnectionLoss(error) ? new NofxError("unavailable", { cause: error }) : error;
  if (state === "NX001") {
    return new NofxError("lease_lost", {
      detail: "Stop working on this step: its lease ran out or another executor holds it now.",
      cause: error,
    });
  }
  if (state === "NX002") {
    return new NofxError("stale_term", {
      detail: "Stop: another process has been elected for this work since.",
      cause: error,
    });
  }
  if (state === "NX003") {
    const detail = error instanceof Error ? error.message : "";
    return new NofxError("invalid_input", {
      detail: `Make the group first: ${detail}.`,
      cause: error,
    });
  }
  if (state === "42501") return new NofxError("forbidden", { cause: error });
  // class 22 is data that a type refuses; what reaches a check constraint slipped past a schema, and is still bad input
  if (state.startsWith("22") || state === "23514" || state === "54001") {
    return new NofxError("invalid_input", {
      detail: "A value is not one that can be stored or compared here.",
      cause: error,
    });
  }
  if (/^(08|53|57P0)/.test(state) || ["40001", "40P01", "55P03"].includes(state)) {
    return new NofxError("unavailable", { retryAfterSeconds: 1, cause: error });
  }
  return error;
}

function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof Error &&
    /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|Connection terminated|not queryable|timeout exceeded when trying to connect/.test(
      `${(error as { code?: string }).code} ${error.message}`,
    )
  );
}
