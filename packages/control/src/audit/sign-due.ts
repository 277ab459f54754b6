import { digestText } from "@nofx/core/audit";
import type { AuditStore } from "./audit-store.ts";
import type { SigningKey } from "./keys.ts";

const BATCH = 200;

/** Signs how far each chain has come whose last digest is that old; answers how many were signed. */
export async function signDue(
  store: Pick<AuditStore, "due" | "keep">,
  term: number,
  key: SigningKey,
  intervalSeconds: number,
): Promise<number> {
  const due = await store.due(intervalSeconds, BATCH);
  if (due.length === 0) return 0;
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
