import { StepStatus, type SessionRole, type StepKind } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

export interface ChildDraft {
  /** Within its parent; the step is called `<parent>.<name>`. */
  readonly name: string;
  readonly title: string;
  readonly kind: StepKind;
  readonly kind_version?: number | undefined;
  readonly executor: "worker" | "agent";
  readonly capability?: string | undefined;
  readonly arguments: Record<string, unknown>;
  readonly priority?: number | undefined;
  readonly max_failures?: number | undefined;
  readonly deadline_ms?: number | undefined;
  /** In the tree of the run; a worker where nothing is said. */
  readonly role?: SessionRole | undefined;
  /** Left to this agent alone for so long. */
  readonly preferred_agent_id?: string | undefined;
  readonly preferred_seconds?: number | undefined;
}

/** What left too little for new children. */
const SpawnRefusal = z.object({
  quota: z.string(),
  limit: z.number(),
  used: z.number(),
  asked: z.number(),
  budget: z.string().optional(),
  approval_id: z.string().optional(),
});
export type SpawnRefusal = z.infer<typeof SpawnRefusal>;

const Spawned = z.object({
  children: z.array(
    z.object({ name: z.string(), step_id: z.string(), status: StepStatus, created: z.boolean() }),
  ),
  /** Nothing was added: a quota above has too little left. */
  refused: SpawnRefusal.nullish(),
  for_workers: z.number(),
  for_agents: z.number(),
});
export type Spawned = z.infer<typeof Spawned>;

/** Adds children to a step that is held, each name once. */
export async function spawn(
  db: EngineDb,
  claim: Claim,
  children: readonly ChildDraft[],
): Promise<Spawned> {
  return Spawned.parse(
    await callOne(
      db,
      sql`select engine.spawn(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
        ${JSON.stringify(children)}::jsonb) as value`,
    ),
  );
}
