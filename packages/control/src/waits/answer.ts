import { AnswerWaitInput, type WaitView } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { WaitId, toUuid } from "@nofx/core/vocabulary";
import { answerWait as answer } from "@nofx/db/leases";
import { findWait, type WaitRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { viewWait } from "./view.ts";

const Input = AnswerWaitInput.extend({ waitId: WaitId });

/** Answers a question that a step waits on, once: who comes second is told that it is closed (`conflict`). */
export function answerWait(ctx: MemberContext, input: z.input<typeof Input>): Promise<WaitView> {
  const spec = { name: "waits.answer", permission: "run.control", input: Input } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const waitId = toUuid("wait", parsed.waitId);
    const wait = await findWait(tx.db, ctx.tenantId, waitId);
    if (wait === undefined || wait.kind !== "person") {
      throw new NofxError("not_found", { detail: "There is no such question in this tenant." });
    }
    refuseOther(wait, parsed.answer);
    const { tenantId } = ctx;
    const said = await answer(tx.db, { tenantId, waitId, answer: parsed.answer }, ctx.actor);
    if (said?.result !== "met") {
      const status = said?.status ?? wait.status;
      throw new NofxError("conflict", {
        detail: `The question is closed: it is ${status}.`,
        data: { status },
      });
    }
    tx.ring(said);
    await tx.audit("wait.answered", {
      wait_id: waitId,
      step_id: wait.step_id,
      answer_digest: ctx.plane.sha256(canonicalJson(parsed.answer)),
    });
    return viewWait(ctx, (await findWait(tx.db, ctx.tenantId, waitId)) ?? wait);
  });
}

function refuseOther(wait: WaitRecord, given: unknown): void {
  const choices = wait.question?.choices;
  if (choices === undefined || choices.some((choice) => choice === given)) return;
  throw new NofxError("invalid_input", {
    issues: [{ path: "/answer", message: `answer with one of ${choices.join(", ")}` }],
  });
}
