import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

const CheckpointRow = z.object({ name: z.string(), value: z.unknown(), created: z.boolean() });
export type CheckpointRow = z.infer<typeof CheckpointRow>;

/** What takes an effect back: a step of this kind with these arguments. */
export interface Undo {
  readonly kind: string;
  readonly with: Record<string, unknown>;
}

/** Stores a named result once, and with it how to take its effect back; answers what is stored under the name. */
export async function checkpoint(
  db: EngineDb,
  claim: Claim,
  name: string,
  value: unknown,
  undo?: Undo,
): Promise<CheckpointRow> {
  return CheckpointRow.parse(
    await callOne(
      db,
      sql`select engine.checkpoint(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
        ${name}, ${JSON.stringify(value)}::jsonb, ${undo === undefined ? null : JSON.stringify(undo)}::jsonb) as value`,
    ),
  );
}
