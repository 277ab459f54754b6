import { z } from "zod";
import { DeadLetterReason, DeadLetterStage } from "../vocabulary/index.ts";
import { Uuid, defineMessage } from "./define-message.ts";

const count = z.int().min(0);
const run = { run_id: Uuid };
const deadLetter = {
  dead_letter_id: Uuid,
  run_id: Uuid,
  step_id: Uuid.nullish(),
  stage: DeadLetterStage.nullish(),
  reason: DeadLetterReason.nullish(),
  version: count.nullish(),
};
const again = { redrive_run: Uuid.nullish() };
const batch = { batch_id: Uuid };

/** What people do about runs and about what failed in them. */
export const CONTROL_MESSAGES = {
  "run.cancel_requested": defineMessage(
    "run.cancel_requested",
    "No step of the run begins any more, but for those that undo",
    run,
  ),
  "run.paused": defineMessage("run.paused", "No step of the run begins until it is resumed", run),
  "run.resumed": defineMessage("run.resumed", "The run goes on", run),
  "run.forked": defineMessage("run.forked", "A new run goes on from steps of one that has ended", {
    ...run,
    forked_from: Uuid,
    kept: count.nullish(),
  }),
  "run.compensating": defineMessage("run.compensating", "What it did is being undone", {
    ...run,
    outcome: z.enum(["failed", "cancelled"]).nullish(),
    undo: count.nullish(),
  }),
  "run.compensated": defineMessage("run.compensated", "All that it did is undone", run),
  "run.compensation_failed": defineMessage(
    "run.compensation_failed",
    "Something could not be undone: people have to look",
    run,
  ),
  "dead_letter.added": defineMessage(
    "dead_letter.added",
    "A step failed for good, or failed again when it was redriven",
    { ...deadLetter, ...again },
  ),
  "dead_letter.triaged": defineMessage("dead_letter.triaged", "Somebody looked at it", deadLetter),
  "dead_letter.redriven": defineMessage("dead_letter.redriven", "A new run tries it again", {
    ...deadLetter,
    ...again,
  }),
  "dead_letter.resolved": defineMessage(
    "dead_letter.resolved",
    "It succeeded in a later run, or was resolved by people",
    { ...deadLetter, ...again },
  ),
  "dead_letter.discarded": defineMessage("dead_letter.discarded", "It was given up", deadLetter),
  "redrive_batch.started": defineMessage(
    "redrive_batch.started",
    "Many dead letters are to be redriven",
    { ...batch, total: count },
  ),
  "redrive_batch.ended": defineMessage("redrive_batch.ended", "All are redriven, or it stopped", {
    ...batch,
    status: z.enum(["done", "stopped"]),
    succeeded: count,
    failed: count,
    skipped: count,
  }),
} as const;
