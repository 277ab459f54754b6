import { NofxError } from "@nofx/core/errors";
import { retireKekRow } from "@nofx/db/queries";
import type { VaultDeps } from "./vault.ts";

const WHY_NOT = {
  unknown: "The vault has never been written with it.",
  current: "The vault is written with it. Rotate first: npx nofx keys rotate-kek",
  in_use: "Secrets are still wrapped by it. Rotate again: npx nofx keys rotate-kek",
} as const;

/** Ends a KEK for good: what is wrapped by it is refused, should it come back; and destroys it where this process can. */
export async function retireKek(
  { db, keks }: Pick<VaultDeps, "db" | "keks">,
  kid: string,
): Promise<void> {
  const said = await retireKekRow(db, kid);
  if (said !== "done" && said !== "retired") {
    throw new NofxError("conflict", { detail: `KEK ${kid} cannot be retired. ${WHY_NOT[said]}` });
  }
  await keks?.destroy?.(kid);
}
