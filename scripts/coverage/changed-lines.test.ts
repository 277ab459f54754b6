import { expect, it } from "vitest";
import { readChangedLines } from "./changed-lines.ts";

const diff = `diff --git a/packages/core/src/a.ts b/packages/core/src/a.ts
--- a/packages/core/src/a.ts
+++ b/packages/core/src/a.ts
@@ -3 +3,2 @@ export
-old
+new
+newer
@@ -10,2 +11,0 @@
-gone
-gone
@@ -20,0 +20 @@
+one
diff --git a/packages/core/src/gone.ts b/packages/core/src/gone.ts
--- a/packages/core/src/gone.ts
+++ /dev/null
@@ -1,2 +0,0 @@
-x
-y
`;

it("reads the lines that a diff adds, by file", () => {
  expect(readChangedLines(diff)).toEqual(
    new Map([["packages/core/src/a.ts", new Set([3, 4, 20])]]),
  );
  expect(readChangedLines("")).toEqual(new Map());
});
