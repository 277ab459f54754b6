import { expect, it, vi } from "vitest";
import { parseCookies, serializeCookie } from "./session-cookies.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

it("reads the cookies of a request", () => {
  expect(parseCookies("a=1; b=x%20y;c==; broken; =z; d=%zz")).toEqual([
    { name: "a", value: "1" },
    { name: "b", value: "x y" },
    { name: "c", value: "=" },
    { name: "d", value: "%zz" },
  ]);
  expect(parseCookies(null)).toEqual([]);
});

it("writes a cookie that reads back as it was", () => {
  const value = "base64-a=b; c";
  const written = serializeCookie("s", value, { maxAge: 60, secure: true });
  expect(written).toBe("s=base64-a%3Db%3B%20c; Path=/; SameSite=Lax; Max-Age=60; Secure");
  expect(parseCookies(written.split("; ")[0] ?? "")).toEqual([{ name: "s", value }]);
  expect(serializeCookie("s", "")).toBe("s=; Path=/; SameSite=Lax");
});
