import { NofxError } from "@nofx/core/errors";
import { findToolInUse, type ToolInUse } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { issuesOf } from "../tools/check-schema.ts";

/** The version of a tool that holds now, with arguments that it takes. */
export async function toolForUse(
  ctx: AgentContext,
  tx: CommandTransaction,
  name: string,
  args: Record<string, unknown>,
  at: string,
): Promise<ToolInUse> {
  const tool = await findToolInUse(tx.db, ctx.tenantId, name);
  if (tool === undefined) {
    throw new NofxError("invalid_input", {
      detail: `There is no tool "${name}" in the catalogue of this tenant. People list it: nofx tools put.`,
      issues: [{ path: "/tool", message: "is not in the catalogue" }],
    });
  }
  const issues = issuesOf(tool.input_schema, args, [at]);
  if (issues.length > 0) {
    throw new NofxError("invalid_input", {
      detail: `${name} ${tool.version} does not take these arguments.`,
      issues,
    });
  }
  return tool;
}
