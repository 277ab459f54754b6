import { expect, test } from "vitest";
import { sayTo, textOf } from "./say-message.ts";

const nobody = { run: null, session: null, step: null, agent: null, channel: "default" };

test("where a message went", () => {
  expect(sayTo({ to: { ...nobody, run: "run_1" } })).toBe("all of the run");
  expect(sayTo({ to: { ...nobody, step: "step_1", channel: "review" } })).toBe("a step #review");
  expect(sayTo({ to: { ...nobody, session: "ses_1", channel: "board" } })).toBe(
    "the session #board",
  );
  expect(sayTo({ to: { ...nobody, channel: "deploys" } })).toBe("the tenant #deploys");
});

test("words are shown as words, all else as JSON", () => {
  expect(textOf("stop")).toBe("stop");
  expect(textOf({ text: "stop" })).toBe("stop");
  expect(JSON.parse(textOf({ text: "stop", at: 1 }))).toEqual({ text: "stop", at: 1 });
  expect(textOf(null)).toBe("null");
});
