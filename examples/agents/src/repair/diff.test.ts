import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gitDiff } from "./diff.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");

test.each([
  ["in the middle", numbered(20), numbered(20).replace("line 9\n", "line nine\n")],
  ["in the first line", numbered(3), numbered(3).replace("line 0", "first")],
  ["without a newline at the end", "a\nb", "a\nc"],
  ["with non-ASCII text", "é\nü\n", "é\nö\n"],
])("git apply takes a change %s", (_, before, after) => {
  const folder = mkdtempSync(join(tmpdir(), "nofx-diff-"));
  try {
    writeFileSync(join(folder, "a.js"), before);
    writeFileSync(join(folder, "fix.patch"), gitDiff("a.js", before, after));
    const env = { ...process.env, GIT_DIR: "/dev/null" };
    execFileSync("git", ["apply", "fix.patch"], { cwd: folder, env });
    expect(readFileSync(join(folder, "a.js"), "utf8")).toBe(after);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("it has three lines of context and git's header", () => {
  const diff = gitDiff("src/a.js", numbered(20), numbered(20).replace("line 9\n", "line nine\n"));
  expect(diff).toMatch(
    /^diff --git a\/src\/a\.js b\/src\/a\.js\n--- a\/src\/a\.js\n\+\+\+ b\/src\/a\.js\n@@ -7,7 \+7,7 @@\n/,
  );
});
