import { NofxError } from "@nofx/core/errors";
import { noteRefusedKey, takeKey, type HandedKey, type KeyUser } from "@nofx/db/queries";
import { fromDatabaseError } from "../command/database-errors.ts";
import { digestOf, Envelope, open } from "./envelope.ts";
import type { KeyEncryptionKeys, KeyUse, UsedKey, VaultDeps } from "./vault.ts";

/** A use may meet a key that is being wrapped anew, with what wrapped it before gone: then it is asked for again. */
const TRIES = 3;

/**
 * Opens the key of a tenant's provider for one call, and notes who used it for what before it is opened. Throws `key_missing` where
 * the tenant has none, `vault_locked` where this process may open none, `key_unreadable` where what is stored is not what was put there.
 */
export async function useKey(deps: VaultDeps, use: KeyUse): Promise<UsedKey> {
  const told = await deps.keyVault?.use(use);
  if (told !== undefined) return told;
  if (deps.keyVault !== undefined && deps.keks === undefined) {
    throw new NofxError("unavailable", {
      detail: "The vault behind KEY_VAULT_URL cannot be reached, and this process has no KEK.",
      retryAfterSeconds: 1,
    });
  }
  return openKeyHere(deps, use);
}

/** The same, in this process and no other. */
export async function openKeyHere(
  { db, keks }: Pick<VaultDeps, "db" | "keks">,
  use: KeyUse,
): Promise<UsedKey> {
  if (keks === undefined) throw locked();
  const user = userOf(use);
  for (let tries = 1; ; tries += 1) {
    const row = await take(db, user, use);
    if (row === undefined) {
      throw new NofxError("key_missing", {
        detail: `There is no key "${user.name}" of ${user.provider} in this tenant. An admin puts one there: the page Keys, or npx nofx keys put ${user.provider}`,
        data: { provider: user.provider, name: user.name },
      });
    }
    const opened = await tryOpen(keks, user, row);
    if ("secret" in opened) return opened;
    if (opened.rewrapped && tries < TRIES) continue;
    await noteRefusedKey(db, user, { keyId: row.key_id, version: row.version, why: opened.why });
    throw refusal(user, opened.why);
  }
}

async function take(
  db: VaultDeps["db"],
  user: KeyUser,
  { purpose, except }: KeyUse,
): Promise<HandedKey | undefined> {
  try {
    return await takeKey(db, { ...user, purpose, except: except ?? null });
  } catch (error) {
    throw fromDatabaseError(error);
  }
}

type Refused = { readonly why: Why; readonly rewrapped: boolean };
type Why = "gone" | "changed" | "kek_unknown" | "kek_retired" | "not_opened";

async function tryOpen(
  keks: KeyEncryptionKeys,
  user: KeyUser,
  row: HandedKey,
): Promise<UsedKey | Refused> {
  const envelope = Envelope.safeParse(row.jwe);
  if (!envelope.success || row.version_id === null) return no("gone");
  if (digestOf(envelope.data) !== row.digest) return no("changed");
  if (row.kek_status === "retired") return maybeRewrapped("kek_retired");
  const kek = await keks.find(envelope.data.header.kid);
  if (kek === undefined) return maybeRewrapped("kek_unknown");
  const place = {
    tenantId: user.tenantId,
    provider: user.provider,
    keyId: row.key_id,
    version: row.version,
  };
  try {
    return { secret: await open(envelope.data, place, kek), keyId: row.version_id };
  } catch {
    // no cause: whatever it says is of no use to anybody but who changed it
    return no("not_opened");
  }
}

const no = (why: Why): Refused => ({ why, rewrapped: false });
const maybeRewrapped = (why: Why): Refused => ({ why, rewrapped: true });

function refusal({ provider, name }: KeyUser, why: Why): NofxError {
  if (why === "kek_unknown") return locked();
  return new NofxError("key_unreadable", {
    detail: `The key "${name}" of ${provider} was not used (${why}). Put it there again, and look at the vault's audit: somebody wrote to the database past the vault, or an old state of it was restored.`,
    data: { provider, name, why },
  });
}

export function locked(): NofxError {
  return new NofxError("vault_locked", {
    detail:
      "This process was not given the key that opens the vault. An operator sets NOFX_KEK or NOFX_KEK_FILE: docs/vault.md",
  });
}

function userOf({ tenantId, provider, name, who, runId, stepId }: KeyUse): KeyUser {
  return {
    tenantId,
    provider,
    name: name ?? "default",
    actorType: who.type,
    actorId: who.id,
    runId: runId ?? null,
    stepId: stepId ?? null,
  };
}
