import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** A small workspace of the same shape, in which nearly every file breaks a rule. */
const files: Record<string, string> = {
  "packages/core/src/vocabulary/index.ts": `export const word = 1;\nexport type Word = number;\n`,
  "packages/core/src/machine/index.ts": `export const machine = 1;\n`,
  "packages/core/src/contract/index.ts": `export { word } from "../vocabulary/index.ts";\n`,
  "packages/core/src/planner/up.ts": `import { rows } from "@nofx/db/client";\nexport const up = rows;\n`,
  "packages/core/src/planner/io.ts": `import { readFileSync } from "node:fs";\nexport const io = readFileSync;\n`,
  "packages/core/src/planner/a.ts": `import { b } from "./b.ts";\nexport const a = () => b;\n`,
  "packages/core/src/planner/b.ts": `import { a } from "./a.ts";\nexport const b = () => a;\n`,
  "packages/core/src/planner/a.test.ts": `import { rows } from "@nofx/db/client";\nimport "node:fs";\nexport const t = rows;\n`,
  "packages/db/src/client/index.ts": `export const rows = 1;\n`,
  "packages/db/src/leases/index.ts": `export const claim = 1;\n`,
  "packages/db/src/local-stack/index.ts": `export const stack = 1;\n`,
  "packages/db/src/testing/index.ts": `export const template = 1;\n`,
  "packages/db/src/queries/by-path.ts": `import { word } from "../../../core/src/vocabulary/index.ts";\nexport const q = word;\n`,
  "packages/control/src/steps/index.ts": `import { claim } from "@nofx/db/leases";\nexport const steps = claim;\n`,
  "packages/control/src/steps/for-tests.ts": `import { template } from "@nofx/db/testing";\nexport const s = template;\n`,
  "packages/sdk/src/index.ts": `import { word } from "@nofx/core/contract";\nexport const ok = word;\n`,
  "packages/sdk/src/wide.ts": `import { machine } from "@nofx/core/machine";\nexport const wide = machine;\n`,
  "packages/sdk/src/testing/index.ts": `import { machine } from "@nofx/core/machine";\nexport const ok = machine;\n`,
  "packages/ui/src/blocks/badge.ts": `import type { Word } from "@nofx/core/vocabulary";\nexport type B = Word;\n`,
  "packages/ui/src/blocks/value.ts": `import { word } from "@nofx/core/vocabulary";\nexport const v = word;\n`,
  "apps/web/src/server/page.ts": `import { steps } from "@nofx/control/steps";\nexport const p = steps;\n`,
  "apps/web/src/server/leases.ts": `import { claim } from "@nofx/db/leases";\nexport const l = claim;\n`,
  "apps/web/src/server/stack.ts": `import { stack } from "@nofx/db/local-stack";\nexport const l = stack;\n`,
  "apps/web/src/server/gone.ts": `import { gone } from "@nofx/control/gone";\nexport const g = gone;\n`,
  "apps/worker/src/main.ts": `import { p } from "../../web/src/server/page.ts";\nexport const m = p;\n`,
  "apps/cli/src/dev.ts": `import { stack } from "@nofx/db/local-stack";\nexport const d = stack;\n`,
  "tsconfig.base.json": `{ "compilerOptions": { "module": "NodeNext", "moduleResolution": "NodeNext", "allowImportingTsExtensions": true, "noEmit": true } }\n`,
};

interface Report {
  summary: { violations: { from: string; rule: { name: string } }[] };
}

let folder = "";
let violations: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nofx-direction-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  mkdirSync(join(folder, "node_modules/@nofx"), { recursive: true });
  for (const name of ["core", "db", "control", "sdk", "ui"]) {
    const subpaths = { "./*": `./src/*/index.ts` };
    writeFileSync(
      join(folder, `packages/${name}/package.json`),
      JSON.stringify({ name: `@nofx/${name}`, type: "module", exports: subpaths }),
    );
    symlinkSync(join(folder, "packages", name), join(folder, "node_modules/@nofx", name));
  }
  const report = join(folder, "report.json");
  await new Promise<void>((resolve) => {
    // The exit code is the number of violations: the report says which.
    execFile(
      process.execPath,
      [
        join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs"),
        `--config=${join(root, ".dependency-cruiser.cjs")}`,
        "--output-type=json",
        `--output-to=${report}`,
        "packages",
        "apps",
      ],
      { cwd: folder },
      () => resolve(),
    );
  });
  const parsed = JSON.parse(readFileSync(report, "utf8")) as Report;
  violations = parsed.summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`).sort();
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("refuses each import that goes against the arrows, and only those", () => {
  expect(violations).toEqual([
    "apps/web/src/server/gone.ts: resolvable",
    "apps/web/src/server/leases.ts: leases-belong-to-control",
    "apps/web/src/server/leases.ts: web-imports-packages",
    "apps/web/src/server/stack.ts: local-stack-is-for-the-launcher",
    "apps/web/src/server/stack.ts: web-imports-packages",
    "apps/worker/src/main.ts: by-name-not-by-path",
    "apps/worker/src/main.ts: worker-imports-packages",
    "packages/control/src/steps/for-tests.ts: testing-is-for-tests",
    "packages/core/src/planner/a.ts: no-cycles",
    "packages/core/src/planner/io.ts: core-is-pure",
    "packages/core/src/planner/up.ts: core-is-the-leaf",
    "packages/db/src/queries/by-path.ts: by-name-not-by-path",
    "packages/sdk/src/wide.ts: sdk-imports-the-contract",
    "packages/ui/src/blocks/value.ts: ui-takes-types-of-core",
  ]);
});
