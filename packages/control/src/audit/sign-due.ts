import { digestText } from "@nofx/core/audit";
import type { KeptDigests } from "@nofx/db/leases";
import type { AuditStore } from "./audit-store.ts";
import type { SigningKey } from "./keys.ts";

const BATCH = 200;

/** Signs how far each chain has come whose last digest is that old. */
export async function signDue(
  store: Pick<AuditStore, "due" | "keep">,
  term: number,
  key: SigningKey,
  intervalSeconds: number,
): Promise<KeptDigests> {
  const due = await store.due(intervalSeconds, BATCH);
  if (due.length === 0) return { kept: 0, refused: [] };
  return store.keep(
    term,
    due.map((digest) => {
      const named = { ...digest, kid: key.kid };
      return {
        format: "nofx.audit.digest.v1" as const,
        ...named,
        signature: key.sign(digestText(named)),
      };
    }),
  );
}
