import { expect, it } from "vitest";
import { usageCsv } from "./usage-csv.ts";

const sums = {
  calls: 2,
  failed: 0,
  cached: 0,
  inputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  costUsd: "0.000000000001",
  unpriced: 0,
};
const none = { ...sums, calls: 0, costUsd: "0" };

it("writes a line a row, amounts exactly, the sum last", () => {
  const row = { ...sums, key: "agent_1", name: 'a "b", c' };
  expect(usageCsv({ by: "agent", rows: [row], rest: none, total: sums })).toBe(
    `agent,name,calls,failed,cached,inputTokens,cacheReadTokens,cacheWriteTokens,outputTokens,reasoningTokens,costUsd,unpriced
agent_1,"a ""b"", c",2,0,0,10,0,0,5,0,0.000000000001,0
total,,2,0,0,10,0,0,5,0,0.000000000001,0
`,
  );
});

it("leaves no formula, and tells what was cut off", () => {
  const row = { ...sums, key: "run_1", name: "=HYPERLINK(1)" };
  const text = usageCsv({ by: "run", rows: [row], rest: { ...none, calls: 1 }, total: sums });
  expect(text).toContain("run_1,'=HYPERLINK(1),2");
  expect(text).toContain("\nrest,,1,");
});
