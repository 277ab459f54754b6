import { expect, it } from "vitest";
import { safeReturnPath, signInPath } from "./return-path.ts";

it.each([
  ["/runs/run_01?tab=logs#end", "/runs/run_01?tab=logs#end"],
  ["/approvals", "/approvals"],
  ["/a/../runs", "/runs"],
  ["/", "/"],
])("goes back to %s", (asked, path) => {
  expect(safeReturnPath(asked)).toBe(path);
});

it.each([
  [null],
  [""],
  ["runs"],
  ["//evil.example/x"],
  ["/\\evil.example"],
  ["/\t/evil.example"],
  ["/\n/evil.example"],
  ["https://evil.example/"],
  ["javascript:alert(1)"],
  ["/..//evil.example/.."],
  ["/sign-in?next=/runs"],
  ["/api/session"],
  ["/sign-out"],
])("does not go to %j", (asked) => {
  const path = safeReturnPath(asked);
  expect(path.startsWith("//")).toBe(false);
  expect(new URL(path, "http://own.invalid").origin).toBe("http://own.invalid");
  expect(path).toBe("/");
});

it("asks to come back only to places worth coming back to", () => {
  expect(signInPath("/runs?x=1")).toBe("/sign-in?next=%2Fruns%3Fx%3D1");
  expect(signInPath("/")).toBe("/sign-in");
  expect(signInPath("//evil.example")).toBe("/sign-in");
});
