import { contentKeysToRewrap, storeRewrappedContent } from "@nofx/db/queries";
import type { KeyEncryptionKey, KeyEncryptionKeys, VaultDeps } from "../vault/vault.ts";
import { rewrapContentKey } from "./seal-content.ts";

const BATCH = 500;

/** Wraps keys of content that are under older KEKs by this one, at most so many. What cannot be unwrapped stays as it is. */
export async function rewrapContent(
  db: VaultDeps["db"],
  keks: KeyEncryptionKeys,
  to: KeyEncryptionKey,
  most: number,
): Promise<number> {
  let rewrapped = 0;
  let after: string | undefined;
  while (rewrapped < most) {
    const rows = await contentKeysToRewrap(db, Math.min(BATCH, most - rewrapped), after);
    if (rows.length === 0) break;
    const wrapped = await Promise.all(
      rows.map(async ({ id, tenant_id, wrapped: key, kek }) => {
        const from = await keks.find(kek);
        if (from === undefined) return [];
        try {
          const again = await rewrapContentKey(
            { wrapped: key },
            { tenantId: tenant_id, id },
            from,
            to,
          );
          return [{ id, from: base64(key), wrapped: base64(again), kek: to.kid }];
        } catch {
          return [];
        }
      }),
    );
    rewrapped += await storeRewrappedContent(db, wrapped.flat());
    after = rows.at(-1)?.id;
  }
  return rewrapped;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
