import {
  OnePolicy,
  PolicyDocument,
  type PolicyHistory,
  type PolicyList,
  type PolicyView,
} from "@nofx/core/api";
import type { Candidate } from "@nofx/core/model-router";
import { listPoliciesNow, listPolicyVersions, type PolicyRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { checkDocument } from "./check-policy.ts";

/** The policies in force: the tenant's own, and the product's where it has none of the name. */
export async function listPolicies(ctx: MemberContext): Promise<PolicyList> {
  const { candidates } = await ctx.plane.routing.view(ctx.tenantId);
  return runQuery(ctx, z.object({}), {}, async (tx) => ({
    policies: await viewPolicies(ctx, tx, candidates()),
  }));
}

export async function viewPolicies(
  ctx: MemberContext,
  tx: CommandTransaction,
  candidates: readonly Candidate[],
): Promise<PolicyView[]> {
  const rows = await listPoliciesNow(tx.db, ctx.tenantId);
  const byName = Map.groupBy(rows, ({ name }) => name);
  return [...byName.values()].flatMap((versions) => {
    const own = versions.find((row) => row.own);
    const inForce = versions.filter(({ body }) => body !== null);
    const row = inForce.find((one) => one.own) ?? inForce[0];
    return row === undefined ? [] : [viewPolicy(row, own?.version ?? 0, candidates)];
  });
}

function viewPolicy(
  row: PolicyRecord,
  ownVersion: number,
  candidates: readonly Candidate[],
): PolicyView {
  const { document, problems, warnings } = checkDocument(row.body, candidates);
  return {
    name: row.name,
    version: row.version,
    origin: row.own ? "tenant" : "product",
    ownVersion,
    document: document ?? null,
    problems,
    warnings,
    note: row.note,
    createdBy: row.created_by_name,
    createdAt: row.created_at.toISOString(),
  };
}

/** Every version that the tenant has made of a policy. */
export function getPolicyHistory(
  ctx: MemberContext,
  input: z.input<typeof OnePolicy>,
): Promise<PolicyHistory> {
  return runQuery(ctx, OnePolicy, input, async (tx, { name }) => {
    const rows = await listPolicyVersions(tx.db, { tenantId: ctx.tenantId, name });
    return {
      name,
      versions: rows
        .filter(({ own }) => own)
        .map((row) => ({
          version: row.version,
          document: PolicyDocument.safeParse(row.body).data ?? null,
          removed: row.body === null,
          note: row.note,
          createdBy: row.created_by_name,
          createdAt: row.created_at.toISOString(),
        })),
    };
  });
}
