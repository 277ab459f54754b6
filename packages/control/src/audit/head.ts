import type { AuditHead, AuditStatus } from "@nofx/core/api";
import { readAuditHead, requestDigest as request } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";

const Nothing = z.object({});

/** How far the chain has come, and how far it is signed. */
export function getAuditStatus(ctx: MemberContext): Promise<AuditStatus> {
  return runQuery(ctx, Nothing, {}, async (tx) => {
    const { seq, hash, digest, shippedAt } = await readAuditHead(tx.db, ctx.tenantId);
    return {
      seq,
      hash,
      digest,
      shippedAt: shippedAt?.toISOString() ?? null,
      unsigned: seq - (digest?.to ?? 0),
    };
  });
}

/** The newest signed digest: what to keep outside. */
export function getAuditHead(ctx: MemberContext): Promise<AuditHead> {
  return runQuery(ctx, Nothing, {}, async (tx) => {
    const { digest } = await readAuditHead(tx.db, ctx.tenantId);
    return { digest };
  });
}

/** Has a digest signed now, without waiting for the hour. Answers the newest one so far: the new one comes within seconds. */
export function requestDigest(
  ctx: MemberContext,
  input: z.input<typeof Nothing>,
): Promise<AuditHead> {
  const spec = { name: "audit.sign", permission: "audit.export", input: Nothing } as const;
  return runCommand(ctx, spec, input, async (tx) => {
    await request(tx.db, ctx.tenantId);
    const { digest } = await readAuditHead(tx.db, ctx.tenantId);
    return { digest };
  });
}
