import { z } from "zod";
import { ApprovalRule } from "./approval-rule.ts";
import { Capability } from "./capability.ts";
import { HttpWith } from "./http-with.ts";
import { SessionWith } from "./session-with.ts";
import { StorableJson, storableText } from "./text.ts";
import { WaitWith } from "./waits.ts";

export const StepKind = z.enum(["shell", "approval", "agent", "http", "wait", "session"]);
export type StepKind = z.infer<typeof StepKind>;

const STEP_NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** Names of items, steps, checkpoints: unique in their scope, and what identity hangs on. */
export const StepName = z
  .string()
  .regex(STEP_NAME, "use 1 to 128 of a-z 0-9 . _ - and begin with a letter or digit");

/** The same question without the price of an error that nobody reads. */
export function isStepName(value: unknown): value is string {
  return typeof value === "string" && STEP_NAME.test(value);
}

export { Capability };

/** A tool of the catalogue, by name. */
export const ToolName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, like deploy.production");
export const ToolVersion = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/, "use 1 to 64 of A-Z a-z 0-9 . + _ -, like 1.2.0");

/** Where steps queue up: workers serve queues by name, limits hold for queues. */
export const QueueName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, like mail")
  .meta({ description: "A queue, by name" });
/** Which steps a rule is about: a kind or a capability, or with a star at its end all that begin so. */
export const TypePattern = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}\*?$/, "use a kind or capability, like shell or code.*")
  .meta({ description: "A kind or a capability; `code.*` for all that begin so" });
export const DEFAULT_QUEUE = "default";

const timeoutSeconds = z.int().min(1).max(86_400);

/** A path inside the run's workspace: relative, no `..`, no NUL. */
export const WorkspacePath = storableText(1024, 1).refine(
  (path) =>
    !path.startsWith("/") && !/^[A-Za-z]:/.test(path) && !path.split(/[\\/]/).includes(".."),
  "use a path inside the workspace, without ..",
);

export const ArtifactInput = z.strictObject({
  from: StepName.meta({ description: "The step whose artifact is wanted; this step must need it" }),
  artifact: storableText(255, 1),
  to: WorkspacePath,
});
export type ArtifactInput = z.infer<typeof ArtifactInput>;

/** `with` of a `shell` step. Exactly one of `command` (argv, no shell) and `script` (run by `sh -e`). */
export const ShellWith = z
  .strictObject({
    command: z.array(storableText(32_768)).min(1).max(256).optional(),
    script: storableText(65_536, 1).optional(),
    env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), storableText(32_768)).optional(),
    timeoutSeconds: timeoutSeconds.default(600),
    artifacts: z.array(WorkspacePath).max(100).default([]),
    inputs: z.array(ArtifactInput).max(100).default([]),
  })
  .refine((value) => (value.command === undefined) !== (value.script === undefined), {
    message: "give exactly one of command and script",
  });
export type ShellWith = z.infer<typeof ShellWith>;

/** `with` of an `approval` step: a question to people inside a plan. */
export const ApprovalWith = z.strictObject({
  question: storableText(2_000, 1),
  details: StorableJson.optional(),
  expiresInSeconds: z.int().min(60).max(2_592_000).default(259_200),
  rule: ApprovalRule.optional().meta({
    description: "Who has to say yes, beyond what the tenant asks for",
  }),
});
export type ApprovalWith = z.infer<typeof ApprovalWith>;

/** `with` of an `agent` step: offered to SDK agents that have the capability. */
export const AgentWith = z.strictObject({
  capability: Capability,
  input: StorableJson.default({}),
  timeoutSeconds: timeoutSeconds.default(3_600),
  tools: z
    .array(ToolName)
    .max(50)
    .optional()
    .meta({ description: "The tools of the catalogue that it may use; gates judge by them" }),
});
export type AgentWith = z.infer<typeof AgentWith>;

/** One schema per step kind: what `with` must look like. A kind without a schema does not compile. */
export const STEP_WITH = {
  shell: ShellWith,
  approval: ApprovalWith,
  agent: AgentWith,
  http: HttpWith,
  wait: WaitWith,
  session: SessionWith,
} as const satisfies Record<StepKind, z.ZodType>;

/** Who executes a kind: our worker, or an SDK agent. */
export const STEP_EXECUTOR = {
  shell: "worker",
  approval: "worker",
  agent: "agent",
  http: "worker",
  wait: "worker",
  session: "worker",
} as const satisfies Record<StepKind, "worker" | "agent">;
export type StepExecutor = (typeof STEP_EXECUTOR)[StepKind];

/**
 * The version of a kind's code that new runs ask for. Raise it where a step begun under the old code must not go on under the
 * new: workers without the new code pass such steps over, and those of earlier runs wait for a worker that has the old.
 */
export const STEP_VERSION = {
  shell: 1,
  approval: 1,
  agent: 1,
  http: 1,
  wait: 1,
  session: 1,
} as const satisfies Record<StepKind, number>;

/** How often a step of this kind is tried before it fails for good. */
export const MAX_FAILURES = {
  shell: 3,
  approval: 3,
  agent: 3,
  http: 3,
  wait: 3,
  session: 3,
} as const satisfies Record<StepKind, number>;
export const MAX_CRASHES = 3;

/** The kinds that can take an effect back. */
export const UndoKind = StepKind.extract(["shell", "http", "agent"]);
export type UndoKind = z.infer<typeof UndoKind>;

/** What takes an effect back, as it is stored: `with` is that of its kind. */
export const Undo = z.strictObject({ kind: UndoKind, with: StorableJson });
export type Undo = z.infer<typeof Undo>;
