import { DelegateInput, DelegationView, OneDelegation, type Delegations } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { isAllowed, MemberRole, toId, toUuid } from "@nofx/core/vocabulary";
import { findPeople, listDelegations, type DelegationRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";

const Nothing = z.object({});

/** Who votes in whose stead: now, later, and who did. */
export function listApprovalDelegations(
  ctx: MemberContext,
  input: Record<string, never> = {},
): Promise<z.infer<typeof Delegations>> {
  return runQuery(ctx, Nothing, input, async (tx) => {
    const rows = await listDelegations(tx.db, ctx.tenantId);
    return { items: rows.map((row) => view(ctx, row)) };
  });
}

/** Has somebody else vote in one's stead, for a time. They may vote for themselves or for you, once a question; they cannot hand it on. */
export function delegateApprovals(
  ctx: MemberContext,
  input: z.input<typeof DelegateInput>,
): Promise<DelegationView> {
  const spec = {
    name: "approvals.delegate",
    permission: "approval.decide",
    input: DelegateInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { to, reason, startsAt, endsAt }) => {
    const [person] = await findPeople(tx.db, ctx.tenantId, [to]);
    if (person === undefined || to === ctx.actor.id) {
      const message = person === undefined ? "is no member of this tenant" : "is yourself";
      throw new NofxError("invalid_input", { issues: [{ path: "/to", message }] });
    }
    if (!isAllowed(MemberRole.parse(person.role), "approval.decide")) {
      throw new NofxError("invalid_input", {
        issues: [{ path: "/to", message: `may not decide: their role is ${person.role}` }],
      });
    }
    const from = startsAt === undefined ? null : startsAt;
    const { rows } = await sql<{ id: string }>`
      insert into approval_delegations (tenant_id, from_user_id, from_name, to_user_id, to_name, reason, starts_at, ends_at)
      select ${ctx.tenantId}::uuid, ${ctx.actor.id}::uuid, ${ctx.name}, ${to}::uuid, ${person.name}, ${reason}, t.starts, t.ends
      from (select coalesce(${from}::timestamptz, clock_timestamp()) as starts, ${endsAt}::timestamptz as ends) t
      where t.ends > greatest(t.starts, clock_timestamp()) and t.ends <= t.starts + interval '90 days'
      returning id
    `.execute(tx.db);
    const [made] = rows;
    if (made === undefined) {
      throw new NofxError("invalid_input", {
        issues: [
          {
            path: "/endsAt",
            message: "has to be in the future, after the start, and 90 days from it at most",
          },
        ],
      });
    }
    await tx.audit("approval.delegated", { delegation_id: made.id, to, ends_at: endsAt });
    const [row] = await listDelegations(tx.db, ctx.tenantId, made.id);
    if (row === undefined) throw new NofxError("not_found");
    return view(ctx, row);
  });
}

/** Takes a delegation back: one's own, or anybody's for those who manage approvals. */
export function undelegateApprovals(
  ctx: MemberContext,
  input: z.input<typeof OneDelegation>,
): Promise<DelegationView> {
  const spec = {
    name: "approvals.undelegate",
    permission: "approval.decide",
    input: OneDelegation,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { delegationId }) => {
    const id = toUuid("delegation", delegationId);
    const [row] = await listDelegations(tx.db, ctx.tenantId, id);
    if (row === undefined) {
      throw new NofxError("not_found", { detail: "There is no such delegation in this tenant." });
    }
    if (row.from_user_id !== ctx.actor.id && !isAllowed(ctx.role, "approval.manage")) {
      throw new NofxError("forbidden", {
        detail: "Only whose vote it is, and admins, can take it back.",
      });
    }
    await sql`
      update approval_delegations set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = ${id}::uuid
    `.execute(tx.db);
    await tx.audit("approval.undelegated", { delegation_id: id });
    return view(ctx, { ...row, status: "revoked" });
  });
}

function view(ctx: MemberContext, row: DelegationRecord): DelegationView {
  return DelegationView.parse({
    id: toId("delegation", row.id),
    from: row.from_name,
    fromUserId: row.from_user_id,
    to: row.to_name,
    toUserId: row.to_user_id,
    reason: row.reason,
    startsAt: row.starts_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    status: row.status,
    yours: row.from_user_id === ctx.actor.id,
  });
}
