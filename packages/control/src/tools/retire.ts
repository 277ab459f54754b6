import { OneTool } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { retire } from "./put.ts";

/** Takes a tool out of the catalogue: no agent begins it any more, whatever was approved. */
export function retireTool(
  ctx: MemberContext,
  input: z.input<typeof OneTool>,
): Promise<z.infer<typeof OneTool>> {
  const spec = { name: "tools.retire", permission: "agent.manage", input: OneTool } as const;
  return runCommand(ctx, spec, input, async (tx, { name }) => {
    if (!(await retire(ctx, tx, name))) {
      throw new NofxError("not_found", { detail: "There is no such tool in this tenant." });
    }
    await tx.audit("tool.retired", { tool: name });
    return { name };
  });
}
