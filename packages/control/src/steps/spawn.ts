import type { ChildRequest, SpawnRequest, SpawnResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { MAX_FAILURES, STEP_EXECUTOR, STEP_VERSION, toId } from "@nofx/core/vocabulary";
import { sqlStateOf } from "@nofx/db/client";
import { spawn, type ChildDraft, type SpawnRefusal } from "@nofx/db/leases";
import {
  askedOfMembers,
  assertInputFits,
  type AskedOfAgents,
} from "../agents/assert-input-fits.ts";
import type { AgentContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { claimOf, fencedOnce } from "./fenced.ts";

/** Adds children to a step, each name once: steps of the same run that it may wait for. */
export async function spawnChildren(
  ctx: AgentContext,
  stepId: string,
  request: SpawnRequest,
): Promise<SpawnResponse> {
  const answer = await spawnOrRefuse(ctx, stepId, request);
  if ("children" in answer) return answer;
  throw quotaExceeded(answer);
}

/** A refusal is an answer here: what it left behind, like a question to people, is to be kept. */
async function spawnOrRefuse(
  ctx: AgentContext,
  stepId: string,
  request: SpawnRequest,
): Promise<SpawnResponse | SpawnRefusal> {
  const work = async (tx: CommandTransaction): Promise<SpawnResponse | SpawnRefusal> => {
    const claim = claimOf(ctx, stepId, request.epoch);
    await assertInputFits(ctx, request.children.flatMap(askedOf), tx);
    const spawned = await spawn(tx.db, claim, request.children.map(draftOf));
    if (spawned.refused != null) return spawned.refused;
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
  };
  try {
    return await fencedOnce(ctx, "spawn", stepId, request, work, {
      keep: (answer) => "children" in answer,
    });
  } catch (error) {
    throw refusalOf(error);
  }
}

function askedOf(child: ChildRequest, i: number): AskedOfAgents[] {
  const at = ["children", i, "with", "input"];
  if (child.kind === "session") return [askedOfMembers(child.with, at)];
  if (child.kind !== "agent") return [];
  const { capability, input } = child.with;
  return [{ capability, input, at }];
}

function draftOf(child: ChildRequest): ChildDraft {
  return {
    name: child.name,
    title: child.title ?? child.name,
    kind: child.kind,
    executor: STEP_EXECUTOR[child.kind],
    kind_version: STEP_VERSION[child.kind],
    capability: "capability" in child.with ? child.with.capability : undefined,
    arguments: child.with,
    max_failures: child.maxFailures ?? MAX_FAILURES[child.kind],
    deadline_ms: child.deadlineSeconds === undefined ? undefined : child.deadlineSeconds * 1_000,
  };
}

function quotaExceeded(refusal: SpawnRefusal, cause?: unknown): NofxError {
  const { quota, limit, used, asked, budget, approval_id } = refusal;
  const where = budget === undefined || budget.startsWith("session.") ? "" : ` (budget ${budget})`;
  return new NofxError("quota_exceeded", {
    detail: `${asked} more are over the quota ${quota}${where}: ${used} of ${limit} are used. Begin fewer, or wait until some have ended.`,
    data: {
      quota,
      limit,
      used,
      asked,
      ...(approval_id === undefined ? {} : { approvalId: toId("approval", approval_id) }),
    },
    cause,
  });
}

function refusalOf(error: unknown): unknown {
  const state = sqlStateOf(error);
  if (state === "54000") {
    return quotaExceeded(JSON.parse(String(Reflect.get(error as object, "detail"))), error);
  }
  if (state === "23505") {
    return new NofxError("conflict", {
      detail: "A name is taken by a step of the run that is not a child of this one.",
      cause: error,
    });
  }
  return error;
}
