import { NofxError, issuesFromZod, pointer, type Issue } from "@nofx/core/errors";
import { findSecrets } from "@nofx/core/gates";
import { STEP_WITH, StepKind } from "@nofx/core/vocabulary";
import type { ApprovalRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import { argumentsDigest } from "../plans/arguments-digest.ts";
import { issuesOf } from "../tools/check-schema.ts";
import { questionDigest, toolDigest } from "../tools/tool-digest.ts";

export interface Edit {
  readonly arguments: Record<string, unknown>;
  readonly digest: string;
}

/** What the approver made of the arguments, within what they may edit, under the digest of exactly that. */
export function checkEdit(
  ctx: MemberContext,
  row: ApprovalRecord,
  edited: Record<string, unknown> | undefined,
): Edit {
  if (edited === undefined) {
    throw new NofxError("invalid_input", {
      issues: [{ path: "/arguments", message: "send all of the arguments, as they are to run" }],
    });
  }
  return row.subject === "plan_step" ? stepEdit(ctx, row, edited) : schemaEdit(ctx, row, edited);
}

function schemaEdit(ctx: MemberContext, row: ApprovalRecord, edited: Edit["arguments"]): Edit {
  refuse([...issuesOf(row.arguments_schema ?? {}, edited, ["arguments"]), ...secretsIn(edited)]);
  const digest =
    row.tool === null
      ? questionDigest(ctx.plane, row.question, edited)
      : toolDigest(ctx.plane, {
          tool: row.tool,
          version: row.tool_version ?? "",
          target: row.target,
          arguments: edited,
        });
  return { arguments: edited, digest };
}

/** Only what the step is given may change, not which step it is. */
function stepEdit(ctx: MemberContext, row: ApprovalRecord, edited: Edit["arguments"]): Edit {
  const { step, kind } = row.arguments;
  const issues: Issue[] = [];
  for (const fixed of ["step", "kind"] as const) {
    if (edited[fixed] === row.arguments[fixed]) continue;
    issues.push({ path: pointer(["arguments", fixed]), message: "may not be changed" });
  }
  const parsed = STEP_WITH[StepKind.parse(kind)].safeParse(edited["with"]);
  if (!parsed.success) issues.push(...issuesFromZod(parsed.error, ["arguments", "with"]));
  refuse([...issues, ...secretsIn(edited)]);
  const args = parsed.data as Record<string, unknown>;
  const draft = { name: String(step), kind: StepKind.parse(kind), with: args };
  return {
    arguments: { step, kind, with: args },
    digest: argumentsDigest(ctx.plane, draft),
  };
}

function secretsIn(edited: Edit["arguments"]): Issue[] {
  return findSecrets(edited, ["arguments"]).map(({ path, what }) => ({
    path: pointer(path),
    message: `looks like ${what}: pass the name of an environment variable instead`,
  }));
}

function refuse(issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  throw new NofxError("invalid_input", {
    detail: "The edited arguments are not within what may be edited.",
    issues: issues.slice(0, 200),
  });
}
