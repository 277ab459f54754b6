import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { CONDITION_TYPES } from "../gates/conditions/index.ts";
import { GATE_RULES, judgePlan, verdictsByStep } from "../gates/index.ts";
import { GateEvaluationV1, gateEvaluationJsonSchema } from "./gate-evaluation.ts";

const COMMITTED = "../../../../docs/specs/gate-evaluation-v1.json";

test("the committed JSON Schema is current; write it anew by running this file with -u", async () => {
  await expect(`${JSON.stringify(gateEvaluationJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    COMMITTED,
  );
});

test("what every rule of the product says of its examples passes it, and what lacks a part does not", () => {
  const schema = z.fromJSONSchema(gateEvaluationJsonSchema());
  const digest = "a".repeat(64);
  for (const { examples } of GATE_RULES) {
    for (const evaluation of judgePlan(examples.fails)) {
      const steps = Object.fromEntries(verdictsByStep([evaluation]));
      const row = { ...evaluation, steps, digest, rules_digest: digest, model: null };
      expect(GateEvaluationV1.safeParse(row).error?.issues).toBeUndefined();
      expect(schema.safeParse(row).success).toBe(true);
      for (const part of Object.keys(row)) {
        expect(schema.safeParse({ ...row, [part]: undefined }).success).toBe(false);
      }
    }
  }
});

const GATES = readFileSync(new URL("../../../../docs/gates.md", import.meta.url), "utf8");

test("docs/gates.md names every rule with its verdict, and every variable with its type", () => {
  for (const { name, gate, verdict } of GATE_RULES) {
    expect(GATES).toContain(`| \`${name}\` | ${gate} | ${verdict} |`);
  }
  for (const fields of Object.values(CONDITION_TYPES)) {
    for (const { name, type } of fields) expect(GATES).toContain(`| \`${name}\` | ${type} |`);
  }
});
