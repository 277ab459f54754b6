import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";
import { isWithinWindows } from "./is-within-windows.ts";

const changeWindows = {
  timeZone: "Europe/Berlin",
  windows: [{ days: [1, 2, 3, 4], from: "09:00", to: "16:00" }],
};
const deploy = { name: "deploy", risk: ["production"], sensitive: true, owner: "ops" } as const;
const at = (now: string) => examplePlan([deploy], { now, compliance: { changeWindows } });

/** Judged when a plan is made, and again when it is executed. */
export const changeWindow: GateRule = {
  name: "change_window",
  finds: "Production outside of the weekly windows; looked at again when the plan is executed.",
  gate: "compliance",
  verdict: "warn",
  tip: "Execute it within a change window, or have it overridden with a reason.",
  *judge({ steps, facts }) {
    const windows = facts.compliance?.changeWindows;
    if (windows === undefined || facts.now === undefined) return;
    const targets = steps.filter(({ risk }) => risk.includes("production"));
    if (targets.length === 0 || isWithinWindows(windows, facts.now)) return;
    const names = targets.slice(0, 20).map((step) => step.name);
    yield {
      step: targets.length === 1 ? (names[0] ?? null) : null,
      reason: `Production is changed outside of the change windows (${windows.timeZone}): ${names.join(", ")}.`,
      evidence: { at: facts.now, timeZone: windows.timeZone, steps: targets.length },
    };
  },
  examples: { passes: at("2026-11-18T10:00:00Z"), fails: at("2026-11-21T10:00:00Z") },
};
