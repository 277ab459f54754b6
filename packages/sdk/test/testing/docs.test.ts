import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

test("docs/sdk/testing.md shows a test that is run", () => {
  expect(read("../../../../docs/sdk/testing.md")).toContain(
    `\`\`\`ts\n${read("example.test.ts")}\`\`\``,
  );
});
