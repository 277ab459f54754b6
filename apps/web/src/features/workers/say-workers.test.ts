import { expect, it } from "vitest";
import { sayWorkers } from "./say-workers.ts";

type Worker = Parameters<typeof sayWorkers>[0][number];
const worker = (name: string, over: Partial<Worker> = {}): Worker => ({
  name,
  status: "active",
  inFlight: 1,
  concurrency: 4,
  drainRequestedAt: null,
  ...over,
});

it("counts room with those that claim, and work with those that still hold some", () => {
  const { sentence, warning } = sayWorkers([
    worker("a"),
    worker("b", { status: "draining", inFlight: 2 }),
    worker("c", { status: "stopped", inFlight: 9 }),
  ]);
  expect(sentence).toBe("1 worker takes steps, 4 at once. 3 are at work. 1 drains.");
  expect(warning).toBeUndefined();
});

it("says when nobody takes steps", () => {
  expect(sayWorkers([]).sentence).toBe("Nobody takes steps.");
});

it("names those that went silent", () => {
  expect(sayWorkers([worker("a", { status: "silent" })]).warning).toBe(
    "a has gone silent without saying goodbye",
  );
});
