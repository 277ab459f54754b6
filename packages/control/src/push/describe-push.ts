import type { PushedStep } from "@nofx/core/contract";
import type { ClaimedStepRow } from "@nofx/db/leases";
import { describeStep } from "../steps/describe-step.ts";
import type { TenantFiles } from "../storage/storage.ts";

/** What is posted to a function: the step as a claim would answer it, and all that the function needs to go on with it. */
export async function describePush(
  row: ClaimedStepRow,
  files: TenantFiles,
  call: Pick<PushedStep, "url" | "token" | "leaseSeconds" | "timeoutSeconds">,
): Promise<PushedStep> {
  return { type: "step.claimed", version: 1, ...call, step: await describeStep(row, files) };
}
