import { HISTORY_VERSION, RunHistory } from "@nofx/core/contract";

export type { RecordedApproval, RecordedStep, RecordedWait } from "@nofx/core/contract";
export { RunHistory };

/** A history as it was written by `run.history()` or exported from a control plane. Throws on what is none. */
export function parseHistory(value: unknown): RunHistory {
  const { version } = (value ?? {}) as { version?: unknown };
  if (version !== HISTORY_VERSION) {
    throw new Error(
      `This is no history of version ${HISTORY_VERSION}${version === undefined ? "" : `, but of ${JSON.stringify(version)}`}: record it again with this version of the SDK.`,
    );
  }
  return RunHistory.parse(value);
}
