import { expect, it } from "vitest";
import { anApproval } from "../testing/example-run.ts";
import { approvalLines, sayDecided } from "./approvals.ts";

it("shows what was asked below a question, unless it only asks whether a step may run", () => {
  const asked = anApproval({ subject: "step", question: "Refund €5?" });
  const lines = approvalLines([anApproval(), asked]);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe("    Refund €5?");
});

it("says what became of a question, and in which run", () => {
  const runId = "run_01ktm4q9h3e1q8m3v5x7z9b2c4" as const;
  expect(sayDecided(anApproval({ status: "approved", runId }), "http://x")).toEqual([
    "✔ Publish: approved",
    `  ${runId}  http://x/runs/${runId}`,
  ]);
  const tally = { people: 1, quorum: 2, groups: [] };
  expect(sayDecided(anApproval({ tally }), "http://x")).toEqual(["● Publish: 1 of 2 said yes"]);
});
