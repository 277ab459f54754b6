import { sql } from "kysely";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** What gates must know of the tenant, beside the plan. */
export async function loadFacts(
  ctx: MemberContext,
  tx: CommandTransaction,
): Promise<{ shell: "off" | "trusted" | "sandboxed"; sandboxAvailable: boolean }> {
  const { rows } = await sql<{ shell: string }>`
    select value #>> '{}' as shell from tenant_settings where tenant_id = ${ctx.tenantId}::uuid and key = 'shell'
  `.execute(tx.db);
  const shell = rows[0]?.shell;
  return {
    shell: shell === "trusted" || shell === "sandboxed" ? shell : "off",
    // No worker of this release brings a sandbox: the setting is honoured by refusing.
    sandboxAvailable: false,
  };
}
