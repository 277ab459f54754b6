import { NofxError } from "@nofx/core/errors";
import { AgentId, toUuid } from "@nofx/core/vocabulary";
import { findAgentId, type Executor } from "@nofx/db/queries";

/** The uuid of an agent of the tenant that is named by its id or by its name; `not_found` where there is none. */
export async function findAgent(db: Executor, tenantId: string, ref: string): Promise<string> {
  const id = AgentId.safeParse(ref);
  const by = id.success ? { id: toUuid("agent", id.data) } : { name: ref };
  const found = await findAgentId(db, tenantId, by);
  if (found !== undefined) return found;
  throw new NofxError("not_found", {
    detail: "There is no such agent in this tenant. npx nofx agents list shows those that are.",
  });
}
