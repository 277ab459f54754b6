import { listUnwell, type UnwellRecord } from "@nofx/db/queries";
import type { Plane } from "../command/plane.ts";
import { askAWord } from "./ask-a-word.ts";
import { findCandidate, noteWord } from "./probe-model.ts";

const MOST = 1_000;
const AT_ONCE = 4;

/**
 * Looks after what was not well when it was written last: what time alone has healed is written as healed, and what may be probed and
 * was left alone long enough is asked a word, by whoever claims the trial. For one process at a time; more would only ask in vain.
 */
export async function probeUnwell(
  plane: Plane,
  { worker, onError }: { worker: string; onError: (error: unknown) => void },
): Promise<{ probed: number; healed: number }> {
  const unwell = await listUnwell(plane.db, MOST);
  await plane.routing.settle(unwell);
  const due = unwell.filter(({ probe, state }) => probe && state !== "degraded");
  let probed = 0;
  let healed = 0;
  const probe = async (one: UnwellRecord) => {
    const ok = await tryAgain(plane, one, worker);
    if (ok !== undefined) probed += 1;
    if (ok === true) healed += 1;
  };
  for (let i = 0; i < due.length; i += AT_ONCE) {
    const some = due.slice(i, i + AT_ONCE).map((one) => probe(one).catch(onError));
    await Promise.all(some);
  }
  await plane.routing.flush();
  return { probed, healed };
}

/** Undefined where it was not asked. */
async function tryAgain(
  plane: Plane,
  { tenantId, provider, model, region }: UnwellRecord,
  worker: string,
): Promise<boolean | undefined> {
  if (tenantId === null) return undefined;
  const where = { provider, model, region };
  const candidate = await findCandidate(plane, tenantId, where);
  if (!candidate.enabled || candidate.health.state !== "half_open") return undefined;
  if (!(await plane.routing.claimTrial(tenantId, where))) return undefined;
  const word = await askAWord(plane, candidate, { tenantId, who: { type: "worker", id: worker } });
  noteWord(plane, tenantId, where, word);
  return word.ok;
}
