import { createHash } from "node:crypto";
import { questionDigest, type WorkerEngine } from "@nofx/control/steps";
import { NofxError } from "@nofx/core/errors";
import type { ApprovalWith } from "@nofx/core/vocabulary";
import { StepFailed, type Handler } from "../catalog/handler.ts";
import { persist } from "../loop/persist.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The one question of an approval step; a step asks it under this name. */
const NAME = "approval";

/**
 * A question to people as a step of its own. The first claim asks and is put on hold; once people have answered the step
 * is claimed anew, and asking again returns the answer.
 */
export function createApprovalHandler({ engine }: { engine: WorkerEngine }): Handler<ApprovalWith> {
  return async (run, args) => {
    const { step, held } = run;
    const details = args.details ?? {};
    const answer = await persist(run, () =>
      engine.requestApproval(held, {
        name: NAME,
        title: step.title,
        question: args.question,
        why: `The plan asks here, in step "${step.name}".`,
        arguments: details,
        argumentsDigest: questionDigest({ sha256 }, args.question, details),
        requester: `Step ${step.name}`,
        expiresMs: args.expiresInSeconds * 1_000,
        rule: args.rule,
      }),
    ).catch(refused);
    if (answer.held) return { type: "held" };
    const { status, reason } = answer;
    switch (status) {
      case "approved":
        return { type: "succeeded", output: { status, reason } };
      case "rejected":
        throw new StepFailed(
          "approval_rejected",
          reason === null ? "People said no." : `People said no: ${reason}`,
        );
      case "expired":
        throw new StepFailed("approval_expired", "Nobody answered in time.");
      case "pending":
      case "cancelled":
      case "superseded":
        throw new StepFailed("approval_expired", "The question no longer stands.");
    }
  };
}

/** A rule that could never be met is not asked by. */
function refused(error: unknown): never {
  if (!NofxError.is(error) || error.code !== "invalid_input") throw error;
  throw new StepFailed("invalid_input", error.detail ?? "The question cannot be asked.");
}
