import type { KeyView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { currentKek, putKeyVersion } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { digestOf, seal } from "./envelope.ts";
import { locked } from "./use-key.ts";
import type { KeyEncryptionKey, KeyEncryptionKeys } from "./vault.ts";
import { readKey } from "./view.ts";

export interface NewVersion {
  readonly provider: string;
  readonly name: string;
  readonly secret: string;
  readonly note: string | undefined;
  readonly overlapSeconds: number;
}

/** While the KEK changes, what was sealed with the one before is sealed again. */
const TRIES = 3;

/** Stores the version after `held` of a key that the transaction holds; the first where it holds only its place. */
export async function writeVersion(
  ctx: MemberContext,
  tx: CommandTransaction,
  asked: NewVersion,
  held: { key_id: string; version: number } | undefined,
): Promise<KeyView> {
  const { keks, newUuid } = ctx.plane;
  if (keks === undefined) throw locked();
  const keyId = held?.key_id ?? newUuid();
  const version = (held?.version ?? 0) + 1;
  const { provider, name, secret, note, overlapSeconds } = asked;
  const place = { tenantId: ctx.tenantId, provider, keyId, version };
  for (let tries = 1; ; tries += 1) {
    const kek = await kekToWriteWith(tx, keks);
    const jwe = await seal(secret, place, kek);
    const digest = digestOf(jwe);
    const row = { ...place, versionId: newUuid(), name, jwe, digest, note, overlapSeconds };
    const put = await putKeyVersion(tx.db, { ...row, hint: hintOf(secret), by: ctx.actor.id });
    if (put) {
      const told = { key_id: keyId, provider, name, version };
      const verb = version === 1 ? "key.put" : "key.rotated";
      tx.emit({ type: verb, payload: told });
      await tx.audit(verb, { ...told, digest, kek: kek.kid, overlap_seconds: overlapSeconds });
      return readKey(ctx, tx, keyId);
    }
    if (tries >= TRIES) throw new NofxError("unavailable", { retryAfterSeconds: 1 });
  }
}

async function kekToWriteWith(
  tx: CommandTransaction,
  keks: KeyEncryptionKeys,
): Promise<KeyEncryptionKey> {
  const newest = (await keks.versions()).at(-1);
  const offered = newest === undefined ? undefined : await keks.find(newest);
  if (offered === undefined) throw locked();
  const wanted = await currentKek(tx.db, offered);
  const kek = wanted && (await keks.find(wanted.kid));
  if (kek === undefined) throw locked();
  if (kek.fingerprint !== wanted?.fingerprint) {
    throw new NofxError("vault_locked", {
      detail: `This process was given another key under the name ${kek.kid} than the vault is written with. An operator compares NOFX_KEK or NOFX_KEK_FILE of all processes.`,
    });
  }
  return kek;
}

/** The last characters, of a secret that is long enough to spare them. */
function hintOf(secret: string): string {
  return secret.length < 24 ? "" : secret.slice(-4);
}
