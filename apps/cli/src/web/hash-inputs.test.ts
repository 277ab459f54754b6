import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hashInputs } from "./hash-inputs.ts";

let root: string;
const put = (path: string, content: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nofx-inputs-"));
  put("apps/web/src/page.tsx", "a");
  put("apps/web/src/app/api/openapi.json/route.ts", "a");
  put("packages/core/src/index.ts", "a");
});
afterEach(() => rmSync(root, { recursive: true }));

it.each([
  "apps/web/src/page.tsx",
  "apps/web/src/app/api/openapi.json/route.ts",
  "apps/web/src/new.tsx",
  "packages/core/src/index.ts",
  "packages/db/src/client/pool.ts",
  "pnpm-lock.yaml",
])("changes with %s", (path) => {
  const before = hashInputs(root);
  put(path, "b");
  expect(hashInputs(root)).not.toBe(before);
});

it.each([
  "apps/web/src/page.test.tsx",
  "apps/web/.next/BUILD_ID",
  "apps/web/node_modules/x/index.js",
  "apps/web/README.md",
  "packages/db/src/local-stack/index.ts",
  "packages/db/test/a.test.ts",
  "apps/worker/src/main.ts",
])("stays the same with %s", (path) => {
  const before = hashInputs(root);
  put(path, "b");
  expect(hashInputs(root)).toBe(before);
});

it("tells a moved file from the file where it was", () => {
  const before = hashInputs(root);
  rmSync(join(root, "packages/core/src/index.ts"));
  put("packages/core/src/other.ts", "a");
  expect(hashInputs(root)).not.toBe(before);
});
