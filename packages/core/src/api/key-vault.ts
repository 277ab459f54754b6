import { z } from "zod";
import { KeyName, ProviderName } from "../vault/index.ts";

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** What is posted to KEY_VAULT_URL: who wants to use whose key and what for, and the key that the answer is to be encrypted to. */
export const KeyVaultInput = z.strictObject({
  tenantId: z.guid(),
  provider: ProviderName,
  name: KeyName.optional(),
  who: z.strictObject({
    type: z.enum(["member", "agent", "worker", "system"]),
    id: z.string().min(1).max(200),
  }),
  runId: z.guid().optional(),
  stepId: z.guid().optional(),
  purpose: z.string().regex(/^[a-z][a-z0-9_.:-]{0,99}$/),
  except: z.guid().optional(),
  // strict: a private half that was sent by mistake is refused, not read
  publicKey: z.strictObject({
    kty: z.literal("EC"),
    crv: z.literal("P-256"),
    x: coordinate,
    y: coordinate,
  }),
  /** In the answer again, so that an older answer is no answer. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22,64}$/),
});
export type KeyVaultInput = z.infer<typeof KeyVaultInput>;

/** A compact JWE to the caller's public key; never a key in the clear. */
export const KeyVaultAnswer = z.strictObject({ jwe: z.string() });

/** What is in the JWE. */
export const KeyVaultSecret = z.strictObject({
  secret: z.string(),
  keyId: z.string(),
  nonce: z.string(),
});

/** Why there is none. */
export const KeyVaultRefusal = z.object({ code: z.string(), detail: z.string().optional() });
