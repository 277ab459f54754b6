import { pointer } from "../../errors/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";
import { findSecrets } from "./find-secrets.ts";

export const secretInArguments: GateRule = {
  name: "secret_in_arguments",
  finds: "A key or password in arguments: by form, or by a telling name and randomness.",
  gate: "risk",
  verdict: "block",
  tip: "Take it out and replace it at its issuer: arguments are shown to everyone who may read the plan. Pass the name of an environment variable instead.",
  *judge({ steps }) {
    for (const step of steps) {
      const found = [
        ...findSecrets(step.with, ["with"]),
        ...(step.undo === null ? [] : findSecrets(step.undo.with, ["undo", "with"])),
      ];
      for (const { path, pattern, what } of found) {
        const at = pointer(path);
        const reason = `Step "${step.name}" has what looks like ${what} in its arguments, at ${at}.`;
        yield { step: step.name, reason, evidence: { at, pattern } };
      }
    }
  },
  examples: {
    passes: examplePlan([{ name: "push", with: { script: 'push --token "$PUSH_TOKEN"' } }]),
    // Put together here, so that scanners of source code leave this file alone.
    fails: examplePlan([{ name: "push", with: { env: { KEY: `AKIA${"ABCDEFGH".repeat(2)}` } } }]),
  },
};
