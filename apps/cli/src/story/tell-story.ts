import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NofxError } from "@nofx/core/errors";
import type { Api } from "../client/api.ts";
import { root } from "../paths.ts";

export type StoryApi = Pick<Api, "importBacklog" | "createPlan" | "decide" | "executePlan">;

export const DEMO_BACKLOG = join(root, "examples/release-train/backlog.yaml");

const marker = (home: string) => join(home, "story.json");

/** Whether this home's story has begun. It begins once: later starts find what people made of it. */
export function isStoryTold(home: string): boolean {
  return existsSync(marker(home));
}

/**
 * The beginning of the demo's story, by the API as people would do it: the operator imports the backlog and plans it, the
 * supervisor says yes to the warning, the operator has it executed. The rest is left to whoever opens the dashboard. Each
 * command has a fixed key: a start that was cut short goes on where it was.
 */
export async function tellStory(options: {
  home: string;
  operator: StoryApi;
  supervisor: StoryApi;
  note: (text: string) => void;
}): Promise<string> {
  const { home, operator, supervisor, note } = options;
  note("importing");
  const backlog = await operator.importBacklog(
    { text: readFileSync(DEMO_BACKLOG, "utf8") },
    "npm-start-import",
  );
  note("planning");
  const plan = await operator.createPlan({ pack: backlog.pack }, "npm-start-plan");
  try {
    if (plan.planApprovalId !== null) {
      note("approving the plan's warning");
      await supervisor.decide(
        plan.planApprovalId,
        { decision: "approve", reason: "Demo: approved by npm start" },
        "npm-start-approve",
      );
    }
    note("executing");
    const { runId } = await operator.executePlan(plan.id, "npm-start-execute");
    writeFileSync(marker(home), `${JSON.stringify({ planId: plan.id, runId })}\n`);
    return `${backlog.items} items, plan version ${plan.version}, a run under way`;
  } catch (error) {
    // Somebody planned or decided in the meantime: it is their story now.
    if (
      !NofxError.is(error) ||
      !["plan_changed", "approval_closed", "conflict"].includes(error.code)
    )
      throw error;
    writeFileSync(marker(home), `${JSON.stringify({ planId: plan.id, runId: null })}\n`);
    return `${backlog.items} items, plan version ${plan.version}`;
  }
}
