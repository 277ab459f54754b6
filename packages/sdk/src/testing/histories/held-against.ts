import type { RecordedStep } from "@nofx/core/contract";
import type { Finding, FindingCode } from "./findings.ts";
import type { Replayed } from "./replay-step.ts";

/**
 * What is recorded of a step and was not asked for, by name; and of one that has ended also what was asked for and is not recorded.
 * Position and order say nothing: two names may change places.
 */
export function heldAgainst(step: RecordedStep, replayed: Replayed, ended: boolean): Finding[] {
  const { asked, reached } = replayed;
  const stop = reached[0];
  const findings: Finding[] = [];
  const missing = (code: FindingCode, kind: string, name: string, what: string) => {
    if (asked.has(`${kind} ${name}`)) return;
    const instead =
      stop === undefined ? "" : ` It asks for ${quoted(stop)}, which is not recorded.`;
    findings.push({ code, step: step.name, name, detail: `${what}.${instead}` });
  };
  for (const { name } of step.checkpoints) {
    if (name.startsWith("emit ")) continue;
    missing(
      "checkpoint_missing",
      "checkpoint",
      name,
      `"${name}" was done and its result is stored; this code does not ask for it`,
    );
  }
  for (const { name, status } of step.approvals) {
    if (status === "superseded" || status === "cancelled") continue;
    missing(
      "approval_missing",
      "approval",
      name,
      status === "pending"
        ? `People are asked "${name}"; this code does not ask it`
        : `People answered "${name}"; this code does not ask it`,
    );
  }
  for (const wait of step.waits) {
    const open = wait.options.some(({ status, kind }) => status === "open" && kind !== "timer");
    if (!ended && !open) continue;
    if (ended && wait.met === null) continue;
    missing(
      "wait_missing",
      "wait",
      wait.name,
      open
        ? `It is held until "${wait.name}" is met; this code does not wait for it`
        : `It waited for "${wait.name}"; this code does not`,
    );
  }
  if (ended) {
    for (const one of reached) {
      const detail = `It asks for ${quoted(one)}, which is not recorded.`;
      findings.push({ code: "name_new", step: step.name, name: nameOf(one), detail });
    }
  }
  return findings;
}

function nameOf(asked: string): string {
  return asked.slice(asked.indexOf(" ") + 1);
}

function quoted(asked: string): string {
  return `${asked.slice(0, asked.indexOf(" "))} "${nameOf(asked)}"`;
}
