import { z } from "zod";
import { StepId } from "../vocabulary/ids.ts";
import { StepStatus } from "../vocabulary/statuses.ts";
import { SessionWith } from "../vocabulary/session-with.ts";
import { AgentWith, ApprovalWith, StepName } from "../vocabulary/steps.ts";
import { storableText } from "../vocabulary/text.ts";
import { WaitWith } from "../vocabulary/waits.ts";
import { Epoch } from "./values.ts";

const child = {
  name: StepName.meta({ description: "Within its parent; the step is called <parent>.<name>" }),
  title: storableText(500, 1).optional(),
  maxFailures: z.int().min(1).max(20).optional(),
  deadlineSeconds: z.int().min(1).max(2_592_000).optional(),
};

/**
 * A step that a step adds while it runs. Nothing that touches a machine or the network by the worker's rights: commands
 * and requests belong into the plan, where the gates and people see them before they run.
 */
export const ChildRequest = z.discriminatedUnion("kind", [
  z.strictObject({ ...child, kind: z.literal("agent"), with: AgentWith }),
  z.strictObject({ ...child, kind: z.literal("approval"), with: ApprovalWith }),
  z.strictObject({ ...child, kind: z.literal("wait"), with: WaitWith }),
  z.strictObject({ ...child, kind: z.literal("session"), with: SessionWith }),
]);
export type ChildRequest = z.infer<typeof ChildRequest>;

export const MAX_SPAWN = 100;

/** `POST /steps/{stepId}/children`: adds each child once by its name. */
export const SpawnRequest = z.strictObject({
  epoch: Epoch,
  children: z.array(ChildRequest).min(1).max(MAX_SPAWN),
});
export type SpawnRequest = z.infer<typeof SpawnRequest>;

export const SpawnedChild = z.object({ name: StepName, stepId: StepId, status: StepStatus });
export type SpawnedChild = z.infer<typeof SpawnedChild>;

export const SpawnResponse = z.object({ children: z.array(SpawnedChild) });
export type SpawnResponse = z.infer<typeof SpawnResponse>;
