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
  expect(sentence).toBe("1 takes steps: 3 at work, room for 4 at once. 1 drains.");
  expect(warning).toBeUndefined();
});

it("names those that went silent", () => {
  expect(sayWorkers([worker("a", { status: "silent" })]).warning).toBe(
    "a has gone silent without saying goodbye",
  );
});
