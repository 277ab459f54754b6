import { PutToolInput, type ToolView } from "@nofx/core/api";
import { groupsOf, isWeaker, readRule } from "@nofx/core/approvals";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { isAllowed, rolesWith, Sensitivity } from "@nofx/core/vocabulary";
import { findTool } from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import { refuseUnknownGroups } from "../approvals/groups.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { schemaIssue } from "./check-schema.ts";
import { viewTool } from "./view.ts";

type Tool = z.output<typeof PutToolInput>;

/**
 * Lists a tool, or a new version of it, which from then on is the one that holds: yeses to the old one are good for nothing any
 * more. What a version takes and how sensitive it is never changes; its texts, and who has to say yes, may. Whoever may not say who
 * approves does not have a tool ask for less than it did.
 */
export function putTool(
  ctx: MemberContext,
  input: z.input<typeof PutToolInput>,
): Promise<ToolView> {
  const spec = { name: "tools.put", permission: "agent.manage", input: PutToolInput } as const;
  return runCommand(ctx, spec, input, async (tx, tool) => {
    const issue = schemaIssue(tool.inputSchema);
    if (issue !== undefined) {
      throw new NofxError("invalid_input", { issues: [{ path: "/inputSchema", message: issue }] });
    }
    if (tool.rule !== null) await refuseUnknownGroups(ctx, tx, groupsOf(tool.rule));
    const { name, version, inputSchema, sensitivity } = tool;
    const digest = ctx.plane.sha256(
      canonicalJson({ name, version, schema: inputSchema, sensitivity }),
    );
    const requiresApproval =
      tool.requiresApproval ?? (sensitivity === "high" || sensitivity === "critical");
    // one change of a tool at a time: of two new versions at once the later is the one that holds
    await sql`select pg_advisory_xact_lock(hashtextextended(${`tool|${ctx.tenantId}|${name}`}, 0))`.execute(
      tx.db,
    );
    await refuseLooser(ctx, tx, { ...tool, requiresApproval });
    await store(ctx, tx, { ...tool, requiresApproval, digest });
    await tx.audit("tool.changed", {
      tool: name,
      version,
      digest,
      sensitivity,
      requires_approval: requiresApproval,
      rule: tool.rule,
    });
    const row = await findTool(tx.db, ctx.tenantId, name);
    if (row === undefined) throw new NofxError("not_found");
    return viewTool(row);
  });
}

async function refuseLooser(
  ctx: MemberContext,
  tx: CommandTransaction,
  tool: Tool & { requiresApproval: boolean },
): Promise<void> {
  if (isAllowed(ctx.role, "approval.manage")) return;
  const before = await tx.db
    .selectFrom("agent_tools")
    .select(["sensitivity", "requires_approval", "rule"])
    .where("tenant_id", "=", ctx.tenantId)
    .where("name", "=", tool.name)
    // of one that is retired the newest version: taken out and put again it is no new tool
    .orderBy(sql`status = 'active'`, "desc")
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .executeTakeFirst();
  if (before === undefined) return;
  const levels = Sensitivity.options;
  const sensitivity = Sensitivity.parse(before.sensitivity);
  const looser = [
    ...(before.requires_approval && !tool.requiresApproval ? ["requiresApproval"] : []),
    ...(levels.indexOf(tool.sensitivity) < levels.indexOf(sensitivity) ? ["sensitivity"] : []),
    ...(isWeaker(tool.rule, before.rule === null ? null : readRule(before.rule)) ? ["rule"] : []),
  ];
  if (looser.length === 0) return;
  throw new NofxError("forbidden", {
    detail: `It asks people for less than before. Your role is ${ctx.role}; that takes ${rolesWith("approval.manage").join(" or ")}.`,
    issues: looser.map((one) => ({ path: `/${one}`, message: "asks for less than before" })),
  });
}

async function store(
  ctx: MemberContext,
  tx: CommandTransaction,
  tool: Tool & { requiresApproval: boolean; digest: string },
): Promise<void> {
  const known = await tx.db
    .selectFrom("agent_tools")
    .select(["id", "digest", "status"])
    .where("tenant_id", "=", ctx.tenantId)
    .where("name", "=", tool.name)
    .where("version", "=", tool.version)
    .executeTakeFirst();
  if (known !== undefined && (known.digest !== tool.digest || known.status === "retired")) {
    throw new NofxError("conflict", {
      detail:
        known.status === "retired"
          ? `Version ${tool.version} is retired. Give the tool a new version.`
          : `Version ${tool.version} has another schema or sensitivity already. Give what you changed a new version.`,
    });
  }
  const texts = {
    title: tool.title,
    description: tool.description,
    requires_approval: tool.requiresApproval,
    rule: tool.rule === null ? null : JSON.stringify(tool.rule),
  };
  if (known !== undefined) {
    await tx.db.updateTable("agent_tools").set(texts).where("id", "=", known.id).execute();
    return;
  }
  await retire(ctx, tx, tool.name);
  await tx.db
    .insertInto("agent_tools")
    .values({
      tenant_id: ctx.tenantId,
      name: tool.name,
      version: tool.version,
      input_schema: JSON.stringify(tool.inputSchema),
      sensitivity: tool.sensitivity,
      digest: tool.digest,
      created_by: ctx.actor.id,
      ...texts,
    })
    .execute();
}

/** The version that holds now holds no longer; false where there is none. */
export async function retire(
  ctx: MemberContext,
  tx: CommandTransaction,
  name: string,
): Promise<boolean> {
  const gone = await tx.db
    .updateTable("agent_tools")
    .set({ status: "retired", retired_at: sql<Date>`clock_timestamp()` })
    .where("tenant_id", "=", ctx.tenantId)
    .where("name", "=", name)
    .where("status", "=", "active")
    .returning("id")
    .executeTakeFirst();
  return gone !== undefined;
}
