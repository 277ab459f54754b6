import { expect, it } from "vitest";
import { OTHERS, stackDays } from "./stack-days.ts";

const berlin = {
  from: "2026-10-23T22:00:00Z",
  to: "2026-10-25T23:00:00Z",
  timeZone: "Europe/Berlin",
};

it("has a bar for each day, in the tenant's zone, also where clocks are moved", () => {
  const { bars, models } = stackDays({
    ...berlin,
    daily: [{ day: "2026-10-25", model: "a/b", costUsd: "1.5" }],
  });
  expect(bars).toEqual([{ day: "2026-10-24" }, { day: "2026-10-25", "a/b": 1.5 }]);
  expect(models).toEqual(["a/b"]);
});

it("puts the small ones together, and loses nothing", () => {
  const daily = Array.from({ length: 9 }, (_, i) => ({
    day: "2026-10-24",
    model: `m/${i}`,
    costUsd: String(i + 1),
  }));
  const { models, bars } = stackDays({ ...berlin, daily });
  expect(models).toEqual(["m/8", "m/7", "m/6", "m/5", "m/4", OTHERS]);
  expect(bars[0]).toMatchObject({ "m/8": 9, [OTHERS]: 10 });
});
