import { expect, it } from "vitest";
import { bytes, columns, duration, printable } from "./style.ts";

it("aligns columns by what is seen", () => {
  expect(
    columns([
      ["a", "bb", "x"],
      ["\u001b[1mccc\u001b[22m", "d", "y"],
    ]),
  ).toEqual(["  a    bb  x", "  \u001b[1mccc\u001b[22m  d   y"]);
});

it("says sizes and times as people do", () => {
  expect([0, 1023, 1024, 3_500_000].map(bytes)).toEqual(["0 B", "1023 B", "1.0 kB", "3.3 MB"]);
  expect([0, 1540, 59_960, 90_400].map(duration)).toEqual([
    "0.0 s",
    "1.5 s",
    "60.0 s",
    "1 min 30 s",
  ]);
});

it("lets no escape of others through", () => {
  expect(printable("a\u001b]0;x\u0007\nb\tc\r")).toBe("a\uFFFD]0;x\uFFFD\nb\tc\uFFFD");
});
