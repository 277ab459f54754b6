import { RetireKekInput, RotateKekInput, type KekList, type KekRotation } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { isAllowed } from "@nofx/core/vocabulary";
import { listKeks as known } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { requireIdempotencyKey } from "../command/idempotency.ts";
import { authorise, parseInput, runQuery } from "../command/run-command.ts";
import { inTransaction } from "../command/transaction.ts";
import { operatesPlane } from "../workers/view.ts";
import { retireKek } from "./retire-kek.ts";
import { rotateKek } from "./rotate-kek.ts";

/** Whom other tenants see in their audit: who asked stands in the ledger of the tenant that operates the plane. */
const VAULT = { type: "system", id: "vault" };

/** So many a request: a request should end. */
const MOST = 2_000;

// One KEK wraps the secrets of all tenants, so it is for those who operate the plane. Each of these can be repeated as often as one likes.

/** The versions of the key that wraps keys. */
export async function listKeks(ctx: MemberContext): Promise<KekList> {
  if (!(await isOperator(ctx))) return { keks: [], mayChange: false, canMake: false };
  const { db, keks } = ctx.plane;
  const held = (await keks?.versions()) ?? [];
  const rows = await known(db);
  const unused = held.filter((kid) => rows.every((row) => row.kid !== kid));
  return {
    keks: [
      ...rows.map(({ kid, status, versions, created_at, retired_at }) => ({
        kid,
        status,
        keys: versions,
        held: held.includes(kid),
        createdAt: created_at.toISOString(),
        retiredAt: retired_at?.toISOString() ?? null,
      })),
      ...unused.map((kid) => ({
        kid,
        status: "unused" as const,
        keys: 0,
        held: true,
        createdAt: null,
        retiredAt: null,
      })),
    ],
    mayChange: true,
    canMake: keks?.make !== undefined,
  };
}

/** Has the vault written with another KEK, and wraps by it what is under older ones. */
export async function rotateVaultKek(
  ctx: MemberContext,
  input: z.input<typeof RotateKekInput>,
): Promise<KekRotation> {
  await operatorOnly(ctx);
  requireIdempotencyKey(ctx.idempotencyKey);
  const { kid } = parseInput(RotateKekInput, input);
  const rotation = await rotateKek(ctx.plane, { kid, by: VAULT, most: MOST });
  await inTransaction(ctx, (tx) => tx.audit("kek.rotated", { ...rotation }));
  return rotation;
}

/** Ends a KEK that wraps nothing any more. */
export async function retireVaultKek(
  ctx: MemberContext,
  input: z.input<typeof RetireKekInput>,
): Promise<KekList> {
  await operatorOnly(ctx);
  requireIdempotencyKey(ctx.idempotencyKey);
  const { kid } = parseInput(RetireKekInput, input);
  await retireKek(ctx.plane, kid);
  await inTransaction(ctx, (tx) => tx.audit("kek.retired", { kid }));
  return listKeks(ctx);
}

async function operatorOnly(ctx: MemberContext): Promise<void> {
  authorise(ctx, "key.manage");
  if (await isOperator(ctx)) return;
  throw new NofxError("forbidden", {
    detail:
      "The key that encrypts keys is one for all tenants: it is for the admins of a tenant that operates the plane.",
  });
}

async function isOperator(ctx: MemberContext): Promise<boolean> {
  if (!isAllowed(ctx.role, "key.manage")) return false;
  return runQuery(ctx, z.object({}), {}, (tx) => operatesPlane(ctx, tx));
}
