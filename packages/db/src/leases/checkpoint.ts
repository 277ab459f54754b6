import type { Claim } from "./engine-db.ts";
import { callHot, type HotDb } from "./hot.ts";

/** What is stored under the name, and whether this call stored it. */
export interface CheckpointRow {
  readonly name: string;
  readonly value?: unknown;
  readonly created: boolean;
}

/** What takes an effect back: a step of this kind with these arguments. */
export interface Undo {
  readonly kind: string;
  readonly with: Record<string, unknown>;
}

const ONE = {
  name: "engine.checkpoint",
  text: "select engine.checkpoint($1::uuid, $2::uuid, $3, $4, $5::jsonb, $6::jsonb) as value",
};
const MANY = {
  name: "engine.checkpoints",
  text: "select engine.checkpoints($1::jsonb) as value",
};

/** Stores a named result once, and with it how to take its effect back; answers what is stored under the name. */
export async function checkpoint(
  db: HotDb,
  claim: Claim,
  name: string,
  value: unknown,
  undo?: Undo,
): Promise<CheckpointRow> {
  return (await callHot(db, ONE, [
    claim.tenantId,
    claim.stepId,
    claim.epoch,
    name,
    JSON.stringify(value),
    undo === undefined ? null : JSON.stringify(undo),
  ])) as CheckpointRow;
}

export interface CheckpointItem {
  readonly stepId: string;
  readonly epoch: number;
  readonly name: string;
  readonly value: unknown;
  readonly undo?: Undo | undefined;
}

/** Why one of several was not stored: the SQLSTATE that it would have had alone. */
export interface CheckpointRefused {
  readonly error: string;
  readonly message: string;
}

/** The same for many steps in one statement; answers one for each, in their order. The worker's login alone may do this. */
export async function checkpoints(
  db: HotDb,
  items: readonly CheckpointItem[],
): Promise<(CheckpointRow | CheckpointRefused)[]> {
  const rows = items.map(({ stepId, epoch, name, value, undo }) => ({
    step_id: stepId,
    epoch,
    name,
    value: value ?? null,
    undo,
  }));
  return (await callHot(db, MANY, [JSON.stringify(rows)])) as (CheckpointRow | CheckpointRefused)[];
}
