import { createHash } from "node:crypto";
import { z } from "zod";
import { argumentsDigest } from "../plans/arguments-digest.ts";
import { digestPlan, StoredStep } from "../plans/digest.ts";

const Row = z.record(z.string(), z.unknown());
const Text = z.string();

/** A snapshot of a decision, as app.take_snapshot writes it. Rows are as the tables held them then. */
export const Snapshot = z.object({
  format: z.literal("nofx.snapshot.v1"),
  kind: z.enum(["judged", "decided", "overridden", "executed"]),
  at: Text,
  actor: Text,
  plan: z.looseObject({
    id: Text,
    version: z.int(),
    title: Text,
    workspace: Text.nullable(),
    status: Text,
    verdict: Text,
    score: z.number(),
    digest: Text,
    step_count: z.int(),
    created_by: Text,
    created_at: Text,
  }),
  verdicts: z.array(
    z.looseObject({
      gate: Text,
      verdict: Text,
      digest: Text,
      findings: z.array(z.looseObject({ verdict: Text, reason: Text })),
    }),
  ),
  approvals: z.array(
    z.looseObject({ id: Text, subject: Text, title: Text, status: Text, arguments_digest: Text }),
  ),
  decisions: z.array(
    z.looseObject({
      approval_id: Text,
      member_name: Text,
      decision: Text,
      reason: Text.nullable(),
      at: Text,
    }),
  ),
  comments: z.array(Row),
  overrides: z.array(Row),
  runs: z.array(Row),
  /** The digest of the snapshot that holds the steps; null in that one. */
  judged: Text.nullable(),
  steps: z.array(Row).nullable(),
});
export type Snapshot = z.infer<typeof Snapshot>;

export interface ReplayCheck {
  readonly what: string;
  readonly ok: boolean;
}

export interface Replay {
  readonly digest: string;
  readonly snapshot: Snapshot;
  /** Digests computed anew from what the snapshot holds. */
  readonly checks: readonly ReplayCheck[];
}

const hasher = {
  sha256: (text: string) => createHash("sha256").update(text).digest("hex"),
};

/** Reads a snapshot and computes its digests anew. `steps` are those of the snapshot that was judged, where this one names it. */
export function replaySnapshot(text: string, steps?: readonly Record<string, unknown>[]): Replay {
  const snapshot = Snapshot.parse(JSON.parse(text));
  const { plan, verdicts } = snapshot;
  const checks: ReplayCheck[] = [
    {
      what: "the verdicts were given on this plan",
      ok: verdicts.length > 0 && verdicts.every((one) => one.digest === plan.digest),
    },
  ];
  const rows = snapshot.steps ?? steps;
  if (rows !== undefined) {
    const stored = rows.map((row) => StoredStep.parse(row));
    const { version, workspace } = plan;
    checks.push(
      {
        what: "the steps are those of the plan's digest",
        ok: digestPlan(hasher, { version, workspace, steps: stored }) === plan.digest,
      },
      {
        what: "each step's arguments are those of its digest",
        ok: stored.every(
          (step, i) => argumentsDigest(hasher, step) === rows[i]?.["arguments_digest"],
        ),
      },
    );
  }
  return { digest: hasher.sha256(text), snapshot, checks };
}
