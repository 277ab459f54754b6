import { expect, it } from "vitest";
import { sayWhatNeedsYou } from "./situation.ts";

const NOW = 1_700_000_000_000;
const none = { mine: [], others: 0, running: 0, resting: 0, failed: 0 };

it.each([
  [none, "Nothing needs you."],
  [{ ...none, running: 1 }, "Nothing needs you. 1 run is going."],
  [{ ...none, running: 1, resting: 2 }, "Nothing needs you. 1 run is going; 2 runs wait."],
  [{ ...none, others: 2 }, "Nothing needs you. 2 approvals wait for somebody else."],
  [
    { ...none, mine: [NOW + 7_260_000, NOW + 60_000], running: 2 },
    "2 approvals need your decision, the first ends in 1 min; 2 runs are going.",
  ],
  [
    { ...none, mine: [NOW + 60_000], others: 1 },
    "1 approval needs your decision, the first ends in 1 min; 1 approval waits for somebody else.",
  ],
  [{ ...none, failed: 1 }, "1 run failed lately."],
])("says what counts first: %#", (facts, sentence) => {
  expect(sayWhatNeedsYou(facts, NOW)).toBe(sentence);
});
