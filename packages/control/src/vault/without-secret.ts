import { scrypt } from "node:crypto";
import type { MemberContext } from "../command/context.ts";
import { authorise } from "../command/run-command.ts";

/**
 * What tells requests under one Idempotency-Key apart, where they hold a secret: a digest of that is stored for days, so it is one that
 * takes long to guess.
 */
export async function withoutSecret<T extends { secret: string }>(
  ctx: MemberContext,
  { secret, ...rest }: T,
): Promise<object> {
  authorise(ctx, "key.manage");
  const salt = `${ctx.tenantId}|${ctx.idempotencyKey ?? ""}`;
  const digest = await new Promise<Buffer>((resolve, reject) => {
    scrypt(secret, salt, 32, { N: 4_096 }, (error, key) => (error ? reject(error) : resolve(key)));
  });
  return { ...rest, secret: digest.toString("base64url") };
}
