import { z } from "zod";
import { GateKind, Verdict } from "../vocabulary/index.ts";

const Digest = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in hex");

/** One thing a rule found. */
const GateFindingV1 = z
  .strictObject({
    rule: z.string().min(1).meta({ description: "Name of the rule" }),
    version: z.int().min(1).meta({ description: "Of the rule, in this tenant, as it judged" }),
    verdict: Verdict,
    step: z.string().nullable().meta({ description: "Name of the step; null: about the plan" }),
    reason: z.string().min(1).meta({ description: "What is wrong, a sentence for people" }),
    evidence: z.record(z.string(), z.unknown()).meta({
      description: "Names and numbers that the reason rests on; never a secret",
    }),
    tip: z.string().meta({ description: "What to do about it" }),
  })
  .meta({ id: "finding" });

/** Gate Evaluation v1: a row of `plan_evaluations`, what one gate says about one plan (of one model, where several made one). */
export const GateEvaluationV1 = z.strictObject({
  gate: GateKind,
  verdict: Verdict.meta({ description: "The worst of the findings; allow where there are none" }),
  score: z.number().min(0).max(100).meta({
    description: "100 is clean; warnings take it down to 50, blocks below that",
  }),
  digest: Digest.meta({
    description: "Of the plan as it was judged: every step, the folder it starts from",
  }),
  rules_digest: Digest.meta({ description: "Of the rules that judged, by name and version" }),
  model: z.string().nullable().meta({
    description: "Whose plan it is, where the plans of several models were judged",
  }),
  findings: z.array(GateFindingV1),
  steps: z.record(z.string(), Verdict).meta({
    description: "The worst finding about each step that is mentioned",
  }),
});
export type GateEvaluationV1 = z.infer<typeof GateEvaluationV1>;

/** The same as JSON Schema 2020-12: docs/specs/gate-evaluation-v1.json. */
export function gateEvaluationJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(GateEvaluationV1);
  return {
    $schema,
    $id: "https://nofx.dev/schemas/gate-evaluation-v1.json",
    title: "NOFX Gate Evaluation v1",
    ...schema,
  };
}
