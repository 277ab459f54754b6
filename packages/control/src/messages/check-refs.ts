import type { References } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { findReferences } from "@nofx/db/queries";
import type { CommandTransaction } from "../command/transaction.ts";

/** Throws where an artifact or a checkpoint that a message is about is not there in this tenant. */
export async function checkRefs(
  tx: CommandTransaction,
  tenantId: string,
  refs: References | undefined,
): Promise<void> {
  if (refs === undefined || refs.artifacts.length + refs.checkpoints.length === 0) return;
  const wanted = {
    artifacts: refs.artifacts.map((id) => toUuid("artifact", id)),
    checkpoints: refs.checkpoints.map(({ stepId, name }) => ({
      stepId: toUuid("step", stepId),
      name,
    })),
  };
  const found = await findReferences(tx.db, tenantId, wanted);
  const missing = [
    ...wanted.artifacts.flatMap((id, i) =>
      found.artifacts.includes(id) ? [] : [{ path: `/refs/artifacts/${i}` }],
    ),
    ...wanted.checkpoints.flatMap(({ stepId, name }, i) =>
      found.checkpoints.includes(`${stepId}/${name}`) ? [] : [{ path: `/refs/checkpoints/${i}` }],
    ),
  ];
  if (missing.length === 0) return;
  throw new NofxError("invalid_input", {
    detail: "A message refers only to what is there in its tenant.",
    issues: missing.map(({ path }) => ({ path, message: "there is no such one in this tenant" })),
  });
}
