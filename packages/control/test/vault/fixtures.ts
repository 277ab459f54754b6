import { randomBytes } from "node:crypto";
import type { MemberContext } from "@nofx/control/command";
import { useKey, type KeyEncryptionKeys, type KeyUse } from "@nofx/control/vault";
import { givenKeks } from "../../src/vault/keks.ts";

export const newSecret = () => `sk-${randomBytes(24).toString("base64url")}`;

export const rawKek = (kid: string) => ({ kid, k: randomBytes(32).toString("base64url") });

/** KEKs that a test gives and takes away. */
export function changingKeks(first: string): KeyEncryptionKeys & {
  give(kid: string): void;
  take(kid: string): void;
} {
  let raw = [rawKek(first)];
  let given = givenKeks(raw);
  const set = (keks: typeof raw) => {
    raw = keks;
    given = givenKeks(raw);
  };
  return {
    find: (kid) => given.find(kid),
    versions: () => given.versions(),
    give: (kid) => set([...raw, rawKek(kid)]),
    take: (kid) => set(raw.filter((one) => one.kid !== kid)),
  };
}

/** The request of somebody whose process was given these KEKs. */
export const withKeks = (
  ctx: MemberContext,
  keks: KeyEncryptionKeys | undefined,
): MemberContext => ({ ...ctx, plane: { ...ctx.plane, keks } });

export const use = (ctx: MemberContext, rest: Partial<KeyUse> = {}) =>
  useKey(ctx.plane, {
    tenantId: ctx.tenantId,
    provider: "openai",
    who: { type: "agent", id: "11111111-1111-4111-8111-111111111111" },
    purpose: "chat.completions",
    ...rest,
  });
