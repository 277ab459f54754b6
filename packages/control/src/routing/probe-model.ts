import { ProbeInput, type ProbeResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { Candidate } from "@nofx/core/model-router";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import type { Plane } from "../command/plane.ts";
import { authorise, parseInput } from "../command/run-command.ts";
import { askAWord, type Word } from "./ask-a-word.ts";
import { recordOutcome } from "./record-outcome.ts";
import type { RoutePlace } from "./routing.ts";

/** Asks a model a word now, whatever is known of its health, which learns of the answer. */
export async function probeModel(
  ctx: MemberContext,
  input: z.input<typeof ProbeInput>,
): Promise<ProbeResult> {
  authorise(ctx, "router.manage");
  const { name: provider, region, model } = parseInput(ProbeInput, input);
  const { tenantId, plane, actor } = ctx;
  const where = { provider, model, region };
  const candidate = await findCandidate(plane, tenantId, where);
  const word = await askAWord(plane, candidate, { tenantId, who: actor });
  noteWord(plane, tenantId, where, word);
  await plane.routing.flush();
  const { health } = await findCandidate(plane, tenantId, where);
  const { ok, code = null, message, latencyMs } = word;
  return { ok, code, message, latencyMs, state: health.state };
}

export async function findCandidate(
  { routing }: Pick<Plane, "routing">,
  tenantId: string,
  { provider, model, region }: RoutePlace,
): Promise<Candidate> {
  const view = await routing.view(tenantId);
  const found = view
    .candidates()
    .find((one) => one.provider === provider && one.model === model && one.region === region);
  if (found !== undefined) return found;
  const locked = view.lockedBy(`${provider}/${model}`);
  throw new NofxError("not_found", {
    detail:
      locked === undefined
        ? `There is no model ${provider}/${model} in region ${region}. npx nofx models --all lists what is known.`
        : `There is no key "${locked.keyName}" of ${provider} in this tenant: put one there on the page Keys, or with npx nofx keys put ${provider}.`,
  });
}

export function noteWord(
  plane: Pick<Plane, "routing">,
  tenantId: string,
  where: RoutePlace,
  { ok, code, latencyMs, retryAfterMs }: Word,
): void {
  const shared = plane.routing.configured.some(({ name }) => name === where.provider);
  recordOutcome(plane, {
    tenantId: shared ? null : tenantId,
    ...where,
    outcome: {
      ok,
      latencyMs,
      ...(code !== undefined && { code }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  });
}
