import { expect, it } from "vitest";
import { sayTask } from "./say-task.ts";

it.each([
  [{ queue: "default", key: null }, "Task"],
  [{ queue: "mail", key: null }, "Task · queue mail"],
  [{ queue: null, key: "order-7" }, "Task · key order-7"],
])("says of %j: %s", (run, words) => {
  expect(sayTask(run)).toBe(words);
});
