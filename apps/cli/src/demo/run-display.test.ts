import { expect, it } from "vitest";
import { aDoneStep, aRun, aStep } from "../testing/example-run.ts";
import {
  cut,
  describeStep,
  lineOf,
  phaseOf,
  plainDisplay,
  terminalDisplay,
  workedMs,
} from "./run-display.ts";

const NOW = Date.parse("2026-01-01T00:00:05.000Z");
// oxlint-disable-next-line no-control-regex
const plain = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, "");
const running = {
  epoch: 1,
  executor: "w",
  startedAt: "2026-01-01T00:00:02.000Z",
  finishedAt: null,
  outcome: null,
  errorCode: null,
  workerVersion: null,
  refusedAt: null,
  refusedOutcome: null,
};

it("tells waiting for people from waiting for steps", () => {
  expect(phaseOf(aStep({ holds: ["approval"] }))).toBe("held");
  expect(phaseOf(aStep({ holds: ["dependency", "approval"] }))).toBe("waiting");
  expect(phaseOf(aStep())).toBe("waiting");
  expect(phaseOf(aStep({ status: "assigned" }))).toBe("running");
  expect(phaseOf(aStep({ status: "cancelled" }))).toBe("cancelled");
});

it("says for each phase what a person wants to know", () => {
  expect(describeStep(aStep({ waitingFor: "Waits for x." }), NOW)).toBe("Waits for x.");
  const step = aStep({ status: "running", attempts: [running] });
  expect(describeStep(step, NOW)).toBe("3.0 s  running");
  expect(describeStep({ ...step, kind: "agent" }, NOW)).toBe("3.0 s  agent at work");
  expect(describeStep({ ...step, progress: { percent: 40.4, note: "trying" } }, NOW)).toBe(
    "3.0 s  40 % trying",
  );
  expect(describeStep(aDoneStep("a", 1500), NOW)).toBe("1.5 s");
  const error = { code: "exit_nonzero", message: "It exited with 1.\nmore" };
  expect(describeStep(aDoneStep("a", 1500, { status: "failed", error }), NOW)).toBe(
    "1.5 s  It exited with 1.",
  );
  const gone = { code: "dependency_failed", message: "x" };
  expect(describeStep(aStep({ status: "cancelled", error: gone }), NOW)).toContain(
    "did not succeed",
  );
  expect(describeStep(aStep({ status: "cancelled" }), NOW)).toBe("");
});

it("counts the last attempt alone", () => {
  expect(workedMs(aStep(), NOW)).toBe(0);
  expect(workedMs(aStep({ attempts: [running] }), NOW)).toBe(3000);
});

it("prints no control characters of others", () => {
  const step = aStep({
    status: "running",
    attempts: [running],
    progress: { percent: null, note: "\u001b[2Jx" },
  });
  expect(plain(lineOf(step, NOW, 8))).toBe("▸ check     3.0 s  \uFFFD[2Jx");
});

it("writes a line for each change, not for each look", () => {
  const lines: string[] = [];
  const display = plainDisplay((line) => lines.push(plain(line)), performance.now());
  const waiting = aStep({ name: "b", holds: ["dependency"] });
  display.update(aRun([aStep({ name: "a", status: "running", attempts: [running] }), waiting]));
  display.update(aRun([aStep({ name: "a", status: "running", attempts: [running] }), waiting]));
  display.update(aRun([aDoneStep("a", 1000), waiting]));
  display.say("The supervisor approved");
  display.end();
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain("✔ a  1.0 s");
});

it("cuts lines to the width of the terminal, styles not counted", () => {
  expect(cut("abcdef", 4)).toBe("abc…");
  expect(cut("\u001b[31mabc\u001b[39m", 4)).toBe("\u001b[31mabc\u001b[39m");
  expect(plain(cut("\u001b[31mabcdef\u001b[39m", 4))).toBe("abc…");
});

it("draws all steps over what it drew before, and keeps what is said above them", () => {
  const written: string[] = [];
  const display = terminalDisplay({
    columns: 40,
    rows: 24,
    write: (text: string) => written.push(plain(text)) > 0,
  });
  display.update(aRun([aDoneStep("a", 1000), aStep({ name: "b", waitingFor: "x".repeat(99) })]));
  display.say("The supervisor approved");
  display.end();
  expect(written[0]).toBe("The supervisor approved\n");
  const [first = "", second = ""] = (written[1] ?? "").split("\n");
  expect(first).toBe("✔ a  1.0 s");
  expect(second).toHaveLength(39);
  expect(written[2]).toBe(`\u001b[2A\u001b[0J${written[1]}`);
});
