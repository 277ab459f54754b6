import { expect, test } from "vitest";
import { sayShare } from "./say-dispatch.ts";

test("shares are whole percents", () => {
  expect([sayShare(0), sayShare(0.126), sayShare(1)]).toEqual(["0 %", "13 %", "100 %"]);
});
