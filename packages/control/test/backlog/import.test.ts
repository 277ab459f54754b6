import { importBacklog } from "@nofx/control/backlog";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}

test.each([100, 10_000, 50_000])(
  "an item nested %d levels deep is refused by its name",
  async (levels) => {
    const operator = await (await t.tenant()).as("operator");
    const items = [shellItem("good"), shellItem("deep", { with: { command: nested(levels) } })];
    const refused = await refusal(importBacklog(operator, backlog("p", items)));
    expect(refused.code).toBe("backlog_invalid");
    expect(refused.issues?.map(({ item }) => item)).toContain("deep");
  },
);

test("a document nested so beside its items is refused too", async () => {
  const operator = await (await t.tenant()).as("operator");
  const { document } = backlog("p", [shellItem("good")]);
  const odd = { document: { ...document, extra: nested(20_000) } };
  expect((await refusal(importBacklog(operator, odd))).code).toBe("backlog_invalid");
});
