import { HEALTH_OPTIONS } from "@nofx/core/model-router";
import { expect, it } from "vitest";
import { createHealthBook, healthName } from "../../src/routing/health-book.ts";

it("a trial is due at its instant, however lately somebody looked", () => {
  const book = createHealthBook(HEALTH_OPTIONS);
  const key = { tenantId: null, provider: "p", model: "m", region: "" };
  const start = 1_800_000_000_000;
  for (let failed = 0; failed < 5; failed++) {
    book.note(key, { at: start, ok: false, code: "overloaded", latencyMs: 5 });
  }
  const due = start + HEALTH_OPTIONS.probeIntervalMs;
  const states = [due - 1, due].map((now) => book.viewOf(healthName(key), now).state);
  expect(states).toEqual(["open", "half_open"]);
});
