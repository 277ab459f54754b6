import type { ChildRequest, SpawnRequest, SpawnResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { MAX_FAILURES, STEP_EXECUTOR, toId } from "@nofx/core/vocabulary";
import { sqlStateOf } from "@nofx/db/client";
import { spawn, type ChildDraft } from "@nofx/db/leases";
import { assertInputFits, type AskedOfAgents } from "../agents/assert-input-fits.ts";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fencedOnce } from "./fenced.ts";

/** Adds children to a step, each name once: steps of the same run that it may wait for. */
export async function spawnChildren(
  ctx: AgentContext,
  stepId: string,
  request: SpawnRequest,
): Promise<SpawnResponse> {
  try {
    return await fencedOnce(ctx, "spawn", stepId, request, async (tx) => {
      const claim = claimOf(ctx, stepId, request.epoch);
      await assertInputFits(ctx, request.children.flatMap(askedOf), tx);
      const spawned = await spawn(tx.db, claim, request.children.map(draftOf));
      if (spawned.children.length < new Set(request.children.map(({ name }) => name)).size) {
        throw new NofxError("conflict", {
          detail: "The run is being cancelled: no steps are added to it any more.",
        });
      }
      tx.ring(spawned);
      return {
        children: spawned.children.map(({ name, step_id, status }) => ({
          name,
          stepId: toId("step", step_id),
          status,
        })),
      };
    });
  } catch (error) {
    throw refusalOf(error);
  }
}

function askedOf(child: ChildRequest, i: number): AskedOfAgents[] {
  if (child.kind !== "agent") return [];
  const { capability, input } = child.with;
  return [{ capability, input, at: ["children", i, "with", "input"] }];
}

function draftOf(child: ChildRequest): ChildDraft {
  return {
    name: child.name,
    title: child.title ?? child.name,
    kind: child.kind,
    executor: STEP_EXECUTOR[child.kind],
    capability: child.kind === "agent" ? child.with.capability : undefined,
    arguments: child.with,
    max_failures: child.maxFailures ?? MAX_FAILURES[child.kind],
    deadline_ms: child.deadlineSeconds === undefined ? undefined : child.deadlineSeconds * 1_000,
  };
}

function refusalOf(error: unknown): unknown {
  const state = sqlStateOf(error);
  if (state === "54000") {
    return new NofxError("conflict", {
      detail: "A step has at most 1,000 children, and children at most eight levels of children.",
      cause: error,
    });
  }
  if (state === "23505") {
    return new NofxError("conflict", {
      detail: "A name is taken by a step of the run that is not a child of this one.",
      cause: error,
    });
  }
  return error;
}
