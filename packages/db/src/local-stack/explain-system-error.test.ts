import { expect, it } from "vitest";
import { withExplainedErrors } from "./explain-system-error.ts";
import { LocalStackError } from "./local-stack-error.ts";

const failing =
  (code: string, more: object = {}) =>
  () =>
    Promise.reject(Object.assign(new Error("raw"), { code, ...more }));

it("says what to do about a full disk and another user's folder", async () => {
  const full = withExplainedErrors("/home/.nofx", failing("ENOSPC"));
  await expect(full).rejects.toThrow("The disk of /home/.nofx is full");
  const inside = withExplainedErrors("/home/.nofx", failing("53100"));
  await expect(inside).rejects.toMatchObject({ code: "disk_full" });
  const closed = withExplainedErrors(
    "/home/.nofx",
    failing("EACCES", { path: "/home/.nofx/keys.json" }),
  );
  await expect(closed).rejects.toThrow("/home/.nofx/keys.json belongs to another user");
  await expect(withExplainedErrors("/home/.nofx", failing("EROFS"))).rejects.toMatchObject({
    code: "no_permission",
  });
});

it("leaves everything else as it is", async () => {
  await expect(withExplainedErrors("/h", failing("ECONNREFUSED"))).rejects.toThrow("raw");
  const ours = new LocalStackError("no_free_port", "said already");
  await expect(withExplainedErrors("/h", () => Promise.reject(ours))).rejects.toBe(ours);
  expect(await withExplainedErrors("/h", () => Promise.resolve("fine"))).toBe("fine");
});
