import {
  ApprovalGroups,
  ApprovalGroupView,
  OneApprovalGroup,
  PutApprovalGroupInput,
  PutApprovalRuleInput,
} from "@nofx/core/api";
import { groupsOf, readRule } from "@nofx/core/approvals";
import { NofxError } from "@nofx/core/errors";
import { isAllowed, MemberRole, toId } from "@nofx/core/vocabulary";
import {
  findGroupNames,
  findGroupUses,
  findPeople,
  listApprovalRules,
  listGroups,
  listPeople,
  lockGroups,
  type GroupRecord,
} from "@nofx/db/queries";
import { sql } from "kysely";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";

const Nothing = z.object({});

/** The groups of approvers, who could be in them, and the tenant's rules. */
export function listApprovalGroups(
  ctx: MemberContext,
  input: Record<string, never> = {},
): Promise<ApprovalGroups> {
  return runQuery(ctx, Nothing, input, (tx) => view(ctx, tx));
}

/** Makes a group, or says anew what it is and who is in it. */
export function putApprovalGroup(
  ctx: MemberContext,
  input: z.input<typeof PutApprovalGroupInput>,
): Promise<ApprovalGroupView> {
  const spec = {
    name: "approvals.putGroup",
    permission: "approval.manage",
    input: PutApprovalGroupInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { name, description, members }) => {
    const wanted = [...new Set(members)];
    const people = new Set(
      (await findPeople(tx.db, ctx.tenantId, wanted)).map((one) => one.user_id),
    );
    const strangers = wanted.flatMap((userId, i) => (people.has(userId) ? [] : [i]));
    if (strangers.length > 0) {
      throw new NofxError("invalid_input", {
        issues: strangers.map((i) => ({
          path: `/members/${i}`,
          message: "is no member of this tenant",
        })),
      });
    }
    const { id } = await tx.db
      .insertInto("approval_groups")
      .values({ tenant_id: ctx.tenantId, name, description })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "name"]).doUpdateSet({
          description,
          changed_at: sql<Date>`clock_timestamp()`,
        }),
      )
      .returning("id")
      .executeTakeFirstOrThrow();
    await sql`
      delete from approval_group_members where group_id = ${id}::uuid and user_id <> all (${wanted}::uuid[])
    `.execute(tx.db);
    await sql`
      insert into approval_group_members (group_id, user_id, tenant_id, added_by)
      select ${id}::uuid, u, ${ctx.tenantId}::uuid, ${ctx.actor.id}::uuid from unnest(${wanted}::uuid[]) u
      on conflict (group_id, user_id) do nothing
    `.execute(tx.db);
    await tx.audit("approval_group.changed", { group: name, members: wanted.toSorted() });
    const [made] = await listGroups(tx.db, ctx.tenantId, name);
    if (made === undefined) throw new NofxError("not_found");
    return viewGroup(made);
  });
}

/** Removes a group that nothing names: no rule, tool or setting, and no question that is open. */
export function removeApprovalGroup(
  ctx: MemberContext,
  input: z.input<typeof OneApprovalGroup>,
): Promise<z.infer<typeof OneApprovalGroup>> {
  const spec = {
    name: "approvals.removeGroup",
    permission: "approval.manage",
    input: OneApprovalGroup,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { name }) => {
    await lockGroups(tx.db, ctx.tenantId, true);
    const uses = await findGroupUses(tx.db, ctx.tenantId, name);
    if (uses.length > 0) {
      throw new NofxError("conflict", {
        detail: `It is named by ${uses.slice(0, 5).join(", ")}. Change that first.`,
      });
    }
    const gone = await tx.db
      .deleteFrom("approval_groups")
      .where("tenant_id", "=", ctx.tenantId)
      .where("name", "=", name)
      .returning("id")
      .executeTakeFirst();
    if (gone === undefined) {
      throw new NofxError("not_found", { detail: "There is no such group in this tenant." });
    }
    await tx.audit("approval_group.removed", { group: name });
    return { name };
  });
}

/** Says who has to say yes to what; null takes the rule away. Questions that are asked already keep the rule that they have. */
export function putApprovalRule(
  ctx: MemberContext,
  input: z.input<typeof PutApprovalRuleInput>,
): Promise<ApprovalGroups> {
  const spec = {
    name: "approvals.putRule",
    permission: "approval.manage",
    input: PutApprovalRuleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { subject, risk, rule }) => {
    if (rule === null) {
      await tx.db
        .deleteFrom("approval_rules")
        .where("tenant_id", "=", ctx.tenantId)
        .where("subject", "=", subject)
        .where("risk", "=", risk)
        .execute();
    } else {
      await refuseUnknownGroups(ctx, tx, groupsOf(rule));
      const changed = {
        rule: JSON.stringify(rule),
        changed_by: ctx.actor.id,
        changed_at: sql<Date>`clock_timestamp()`,
      };
      await tx.db
        .insertInto("approval_rules")
        .values({ tenant_id: ctx.tenantId, subject, risk, ...changed })
        .onConflict((conflict) =>
          conflict.columns(["tenant_id", "subject", "risk"]).doUpdateSet(changed),
        )
        .execute();
    }
    await tx.audit("approval_rule.changed", { subject, risk, rule });
    return view(ctx, tx);
  });
}

/** A rule that names a group that is not there could never be met. Those that are there stay until the command ends. */
export async function refuseUnknownGroups(
  ctx: MemberContext,
  tx: CommandTransaction,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await lockGroups(tx.db, ctx.tenantId);
  const there = new Set(await findGroupNames(tx.db, ctx.tenantId, names));
  const missing = names.filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new NofxError("invalid_input", {
    detail: "Make the group first.",
    issues: missing.map((name) => ({ path: "/rule", message: `there is no group "${name}"` })),
  });
}

async function view(ctx: MemberContext, tx: CommandTransaction): Promise<ApprovalGroups> {
  const groups = await listGroups(tx.db, ctx.tenantId);
  const people = await listPeople(tx.db, ctx.tenantId);
  const rules = await listApprovalRules(tx.db, ctx.tenantId);
  return ApprovalGroups.parse({
    groups: groups.map(viewGroup),
    people: people.map(({ user_id, name, role }) => ({
      userId: user_id,
      name,
      role,
      mayDecide: isAllowed(MemberRole.parse(role), "approval.decide"),
    })),
    rules: rules.map(({ subject, risk, rule }) => ({ subject, risk, rule: readRule(rule) })),
  });
}

function viewGroup({ id, name, description, members }: GroupRecord): ApprovalGroupView {
  return ApprovalGroupView.parse({ id: toId("approvalGroup", id), name, description, members });
}
