import { RemovePolicyInput, SavePolicyInput, type PolicyView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { insertPolicy, listPoliciesNow } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { conditionProblems } from "./check-policy.ts";
import { viewPolicies } from "./list-policies.ts";

const MOST_OWN = 100;
const MOST_VERSIONS = 1_000;

/**
 * Saves a policy as its next version; older ones stay. It is refused with the place of the error where a condition of it cannot be
 * used, and where somebody else has saved another version meanwhile.
 */
export async function savePolicy(
  ctx: MemberContext,
  input: z.input<typeof SavePolicyInput>,
): Promise<PolicyView> {
  const spec = {
    name: "routing.savePolicy",
    permission: "router.manage",
    input: SavePolicyInput,
  } as const;
  const { candidates } = await ctx.plane.routing.view(ctx.tenantId);
  const view = await runCommand(
    ctx,
    spec,
    input,
    async (tx, { name, replaces, document, note }) => {
      const problems = conditionProblems(document);
      const [first] = problems;
      if (first !== undefined) {
        throw new NofxError("condition_invalid", {
          detail: `${first.path}, line ${first.line}, column ${first.column}: ${first.message}. docs/router.md says what a condition can be.`,
          issues: problems.map(({ path, message }) => ({ path: `/document${path}`, message })),
          data: { ...first },
        });
      }
      await write(ctx, tx, { name, replaces, body: document, note });
      const stored = (await viewPolicies(ctx, tx, candidates())).find((one) => one.name === name);
      if (stored === undefined)
        throw new NofxError("internal", { detail: `${name} is not there.` });
      return stored;
    },
  );
  ctx.plane.routing.changed(ctx.tenantId);
  return view;
}

/** Takes the tenant's own policy away; where the product has one of the name, that holds again. */
export async function removePolicy(
  ctx: MemberContext,
  input: z.input<typeof RemovePolicyInput>,
): Promise<{ name: string }> {
  const spec = {
    name: "routing.removePolicy",
    permission: "router.manage",
    input: RemovePolicyInput,
  } as const;
  const removed = await runCommand(ctx, spec, input, async (tx, { name, replaces, note }) => {
    const before = (await listPoliciesNow(tx.db, ctx.tenantId)).find(
      (row) => row.own && row.name === name,
    );
    if (before === undefined || before.body === null) {
      throw new NofxError("not_found", {
        detail: `This tenant has no policy "${name}" of its own.`,
      });
    }
    await write(ctx, tx, { name, replaces, body: null, note });
    return { name };
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return removed;
}

async function write(
  ctx: MemberContext,
  tx: CommandTransaction,
  {
    name,
    replaces,
    body,
    note,
  }: { name: string; replaces: number; body: object | null; note: string },
): Promise<void> {
  const own = (await listPoliciesNow(tx.db, ctx.tenantId)).filter((row) => row.own);
  const before = own.find((row) => row.name === name)?.version ?? 0;
  if (before !== replaces) throw changedMeanwhile(name, before);
  if ((before === 0 && own.length >= MOST_OWN) || before >= MOST_VERSIONS) {
    throw new NofxError("conflict", {
      detail: `A tenant has at most ${MOST_OWN} policies of its own, with ${MOST_VERSIONS} versions each.`,
    });
  }
  const version = before + 1;
  const inserted = await insertPolicy(tx.db, {
    tenantId: ctx.tenantId,
    by: ctx.actor.id,
    byName: ctx.name,
    name,
    version,
    body,
    note,
  });
  if (!inserted) throw changedMeanwhile(name, version);
  const removed = body === null;
  tx.emit({ type: "routing_policy.changed", payload: { policy: name, version, removed } });
  await tx.audit(removed ? "routing_policy.removed" : "routing_policy.saved", {
    policy: name,
    version,
    note,
    digest: ctx.plane.sha256(JSON.stringify(body)),
  });
}

function changedMeanwhile(name: string, version: number): NofxError {
  return new NofxError("conflict", {
    detail:
      version === 0
        ? `This tenant has no policy "${name}" of its own yet: let "replaces" be 0.`
        : `"${name}" is at version ${version}. Read it again, then change it.`,
    data: { version },
  });
}
