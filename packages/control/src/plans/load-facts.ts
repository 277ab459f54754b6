import { sql } from "kysely";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export interface Facts {
  readonly shell: "off" | "trusted" | "sandboxed";
  readonly sandboxAvailable: boolean;
}

/** What gates must know of the tenant, beside the plan. */
export async function loadFacts(ctx: MemberContext, tx: CommandTransaction): Promise<Facts> {
  const { rows } = await sql<{ shell: string }>`
    select value #>> '{}' as shell from tenant_settings where tenant_id = ${ctx.tenantId}::uuid and key = 'shell'
  `.execute(tx.db);
  return factsOf(rows[0]?.shell);
}

/** What the setting "shell" says; what is unknown counts as not allowed. */
export function factsOf(shell: string | null | undefined): Facts {
  return {
    shell: shell === "trusted" || shell === "sandboxed" ? shell : "off",
    // No worker of this release brings a sandbox: the setting is honoured by refusing.
    sandboxAvailable: false,
  };
}
