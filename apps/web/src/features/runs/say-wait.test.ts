import { expect, it } from "vitest";
import { sayWait } from "./say-wait.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const wait: Parameters<typeof sayWait>[0] = {
  kind: "event",
  topic: "build.finished",
  key: null,
  dueAt: null,
  question: null,
  createdAt: "2026-01-01T11:57:00.400Z",
};

it.each([
  [{}, "For the event build.finished, since 2 min 59 s"],
  [{ key: "order 7" }, "For the event build.finished of order 7, since 2 min 59 s"],
  [{ kind: "message", topic: "default" }, "For a message, since 2 min 59 s"],
  [{ kind: "message", topic: "news" }, "For a message in news, since 2 min 59 s"],
  [{ kind: "children", topic: null }, "For the steps it started, since 2 min 59 s"],
  [{ kind: "person", topic: null }, "For an answer, since 2 min 59 s"],
  [{ kind: "approval", createdAt: "2026-01-01T12:00:00Z" }, "For an approval, since 1.0 s"],
] as const)("says %j", (over, words) => {
  expect(sayWait({ ...wait, ...over }, NOW)).toBe(words);
});

it("says until when a timer runs, with the day when that is another", () => {
  const timer = { ...wait, kind: "timer" } as const;
  expect(sayWait({ ...timer, dueAt: "2026-01-01T12:30:00Z" }, NOW)).toMatch(/^Until \d\d:30$/);
  expect(sayWait({ ...timer, dueAt: "2026-01-04T12:30:00Z" }, NOW)).toMatch(/^Until \d+ Jan/);
});
