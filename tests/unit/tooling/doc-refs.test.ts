import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findDeadReferences } from "../../../scripts/check-doc-refs.mjs";

const root = mkdtempSync(join(tmpdir(), "nofx-docs-"));
const readme = `# The house

See [the plan](docs/plan.md#two-words) and [nothing](docs/gone.md) and [this](#the-house).
Code in \`packages/core/src/planner\`, not in \`packages/core/src/plans\`; files \`packages/*/test\`.
[Elsewhere](https://example.org/docs/gone.md) ![picture](docs/shot.png "A picture")

\`\`\`sh
cat packages/not/here.md
[x](docs/in-a-fence.md)
\`\`\`

[Bad heading](docs/plan.md#three) and \`scripts/start.mjs dev\` and \`apps/cli/gone.ts:12\`.
[Out](../../etc/passwd)
`;
for (const [file, text] of Object.entries({
  "README.md": readme,
  "docs/plan.md": "# Plan\n\n## Two words\n\n[Back](../README.md) [rooted](/README.md)\n",
  "packages/core/src/planner/order.ts": "",
  "scripts/start.mjs": "",
  "notes.md": "[not checked](gone.md)",
})) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
afterAll(() => rmSync(root, { recursive: true }));

it("finds dead links, images, paths and headings, and nothing else", () => {
  expect(
    findDeadReferences(root, ["README.md", "docs/plan.md", "notes.md", "docs/not-there.md"]),
  ).toEqual([
    "README.md:3: docs/gone.md does not exist",
    "README.md:5: docs/shot.png does not exist",
    "README.md:12: docs/plan.md#three has no such heading",
    "README.md:13: ../../etc/passwd leads out of the repository",
    "README.md:4: packages/core/src/plans does not exist",
    "README.md:12: apps/cli/gone.ts does not exist",
  ]);
});
