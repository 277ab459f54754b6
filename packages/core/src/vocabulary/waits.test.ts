import { expect, test } from "vitest";
import { validateBacklog } from "../planner/index.ts";
import { WaitWith } from "./waits.ts";

test.each([
  [{ seconds: 60 }],
  [{ until: "2030-01-01T00:00:00+02:00" }],
  [{ event: { name: "payment.settled", key: "order 1" }, timeoutSeconds: 60 }],
  [{ message: {} }],
  [{ person: { question: "Which?", choices: ["red", "blue"] } }],
  [{ approval: { question: "Go on?" } }],
  [
    {
      any: [
        { option: "a", seconds: 1 },
        { option: "b", event: { name: "x" } },
      ],
      onTimeout: "continue",
    },
  ],
])("a wait step can be %j", (args) => {
  expect(WaitWith.safeParse(args).error).toBeUndefined();
});

test.each([
  ["nothing", {}],
  ["two things", { seconds: 1, event: { name: "x" } }],
  ["one thing beside any", { seconds: 1, any: [{ option: "a", seconds: 1 }] }],
  ["no options", { any: [] }],
  [
    "too many options",
    { any: Array.from({ length: 17 }, (_, i) => ({ option: `o${i}`, seconds: 1 })) },
  ],
  [
    "an option twice",
    {
      any: [
        { option: "a", seconds: 1 },
        { option: "a", seconds: 2 },
      ],
    },
  ],
  ["an option for nothing", { any: [{ option: "a" }] }],
  ["an option that is the timeout", { any: [{ option: "timed_out", seconds: 1 }] }],
  ["longer than thirty days", { seconds: 2_592_001 }],
  ["a time without a zone", { until: "2030-01-01T00:00:00" }],
  ["children, which a plan's step has none of", { children: true }],
  ["an event without a name", { event: { key: "k" } }],
  ["NUL in a key", { event: { name: "x", key: "\u0000" } }],
])("%s is refused", (_name, args) => {
  expect(WaitWith.safeParse(args).success).toBe(false);
});

test("a timeout fails the step unless the plan says otherwise", () => {
  expect(WaitWith.parse({ seconds: 1 })).toEqual({ seconds: 1, onTimeout: "fail" });
  expect(WaitWith.parse({ message: {} })).toMatchObject({ message: { channel: "default" } });
});

test("a backlog may have wait steps; what is wrong in one is told with its place", () => {
  const document = (args: unknown) => ({
    version: 1,
    pack: "p",
    items: [{ id: "a", title: "A", kind: "wait", with: args }],
  });
  expect(validateBacklog(document({ event: { name: "x" } }))).toMatchObject({ ok: true });
  expect(validateBacklog(document({ event: { name: "no spaces" } }))).toMatchObject({
    ok: false,
    issues: [{ path: "/items/0/with/event/name", item: "a" }],
  });
});
