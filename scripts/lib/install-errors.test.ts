import { expect, it } from "vitest";
import { explainInstallError } from "./install-errors.mjs";

const explain = (output: string, code: number | string = 1) =>
  explainInstallError(output, { packageManager: "pnpm@12.0.0", code });

it.each([
  ["npm error code ECONNREFUSED", "cannot be reached"],
  ["ERR_PNPM_TARBALL_FETCH_TARBALL dns error: failed to lookup address", "cannot be reached"],
  ["npm error code E401", "refused access"],
  ["GET https://r/x: 403 Forbidden", "refused access"],
  ["npm error code E404\nnpm error 404 Not Found - GET https://r/pnpm", "does not have a package"],
  ["429 Too Many Requests", "slow down"],
  ["npm error nospc ENOSPC: no space left on device", "The disk is full"],
  ["Error: No space left on device (os error 28)", "The disk is full"],
  ["EACCES: permission denied, mkdir '/root/.npm'", "could not be written"],
  ["ERR_PNPM_OUTDATED_LOCKFILE Cannot install", 'run "npx --yes pnpm@12.0.0 install"'],
  ["ERR_PNPM_TARBALL_INTEGRITY Got unexpected checksum", "not what the lockfile says"],
  ["self-signed certificate in certificate chain", "certificate is not trusted"],
])("explains %j", (output, sentence) => {
  expect(explain(output)).toContain(sentence);
});

it("explains a process that was killed", () => {
  expect(explain("", "signal SIGKILL")).toContain("ran out of memory");
});

it("keeps the end of the output, without npm's warnings", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
  const text = explain(`npm warn something\n${lines}`);
  expect(text).toContain("Installing the packages failed (1).");
  expect(text).toContain("line 29");
  expect(text).not.toContain("line 3\n");
  expect(text).not.toContain("npm warn");
});
