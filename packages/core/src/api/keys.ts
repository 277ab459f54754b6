import { z } from "zod";
import { RunId, SecureKeyId, StepId, storableText } from "../vocabulary/index.ts";
import { KeyName, ProviderName } from "../vault/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

const DAY = 86_400;

/** A key as it may be shown: all but the secret. */
export const KeyView = z.object({
  id: SecureKeyId,
  provider: ProviderName,
  name: KeyName,
  status: z.enum(["active", "retired"]),
  version: z.int(),
  hint: z.string().meta({ description: "The last characters of a long secret" }),
  note: z.string(),
  createdAt: Timestamp,
  rotatedAt: Timestamp.nullable().meta({ description: "When the version in use was put there" }),
  rotatedBy: z.string().meta({ description: "Who put the version in use there" }),
  kek: z.string().nullable().meta({ description: "Version of the key that encrypts it" }),
  previousUntil: Timestamp.nullable().meta({
    description:
      "Until then the version before this one can be used, where the provider refuses this",
  }),
  lastUsedAt: Timestamp.nullable(),
  lastUsedFor: z.string().nullable(),
});
export type KeyView = z.infer<typeof KeyView>;
export const KeyPage = pageOf(KeyView);

// No white space and no control characters: it becomes a header of a request.
const secret = z
  .string()
  .regex(/^[\x21-\x7e]{8,8192}$/, "use 8 to 8192 visible ASCII characters and no spaces")
  .meta({ description: "The provider's key. It is never shown again", writeOnly: true });
const note = storableText(500).optional().meta({ description: "What people should know of it" });
const overlapSeconds = z
  .int()
  .min(0)
  .max(30 * DAY)
  .default(DAY)
  .meta({ description: "How long the version before can still be used. 0 destroys it now" });

export const PutKeyInput = z.strictObject({
  provider: ProviderName,
  name: KeyName.default("default"),
  secret,
  note,
  overlapSeconds,
});
export type PutKeyInput = z.infer<typeof PutKeyInput>;

export const OneKey = z.strictObject({ keyId: SecureKeyId });

export const RotateKeyInput = OneKey.extend({ secret, note, overlapSeconds });
export type RotateKeyInput = z.infer<typeof RotateKeyInput>;

export const ListKeysInput = PageInput.extend({
  provider: ProviderName.optional(),
  name: KeyName.optional(),
  status: z.enum(["active", "retired", "all"]).default("active"),
});

export const KeyAction = z.enum([
  "put",
  "rotated",
  "retired",
  "destroyed",
  "used",
  "refused",
  "rewrapped",
]);
export type KeyAction = z.infer<typeof KeyAction>;

/** One row of `secure_keys_audit`. */
export const KeyAuditEntry = z.object({
  seq: z.int(),
  at: Timestamp,
  action: KeyAction,
  keyId: SecureKeyId,
  provider: ProviderName,
  name: KeyName,
  version: z.int(),
  by: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
  runId: RunId.nullable(),
  stepId: StepId.nullable(),
  purpose: z.string().meta({ description: "What it was used for; of a refusal why" }),
});
export type KeyAuditEntry = z.infer<typeof KeyAuditEntry>;
export const KeyAuditPage = pageOf(KeyAuditEntry);

export const ListKeyAuditInput = PageInput.extend({
  keyId: SecureKeyId.optional(),
  action: KeyAction.optional(),
  runId: RunId.optional(),
});

/** A version of the key that encrypts keys. */
export const KekView = z.object({
  kid: z.string(),
  status: z.enum(["unused", "current", "previous", "retired"]),
  keys: z.int().meta({ description: "Secrets that are wrapped by it" }),
  held: z.boolean().meta({ description: "Whether the server that answers was given it" }),
  createdAt: Timestamp.nullable(),
  retiredAt: Timestamp.nullable(),
});
export type KekView = z.infer<typeof KekView>;
export const KekList = z.object({
  keks: z.array(KekView),
  mayChange: z.boolean().meta({
    description:
      "Whether it is for you: an admin of a tenant that operates the plane. Else the list is empty",
  }),
  canMake: z.boolean().meta({ description: "Whether the server can make a new one by itself" }),
});
export type KekList = z.infer<typeof KekList>;

export const KekId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "use 1 to 64 of a-z A-Z 0-9 . _ -");

export const RotateKekInput = z.strictObject({
  kid: KekId.optional().meta({
    description:
      "The version to write with from now on, one that the server was given. Without it: the newest, or a new one where the server can make one",
  }),
});

export const KekRotation = z.object({
  kid: z.string(),
  rewrapped: z.int().meta({ description: "Secrets that were wrapped anew by this request" }),
  remaining: z
    .int()
    .meta({ description: "Secrets under older versions; ask again while there are any" }),
});
export type KekRotation = z.infer<typeof KekRotation>;

export const RetireKekInput = z.strictObject({ kid: KekId });
