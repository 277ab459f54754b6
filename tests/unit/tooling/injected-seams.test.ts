import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

// The lint rule that keeps clocks, randomness and the network out of the engine's code, run as `npm run verify` runs it on
// files that each break it once, and on one that does everything which is allowed.
const root = join(import.meta.dirname, "../../..");

const BAD: Record<string, string> = {
  "Date.now": "export const at = Date.now();",
  "Date.now by name": 'export const at = Date["now"]();',
  "Date.now of globalThis": "export const at = globalThis.Date.now();",
  "Date.now taken apart": "const { now } = Date;\nexport const at = now();",
  "new Date": "export const at = new Date();",
  Date: "export const at = Date();",
  "Math.random": "export const random = Math.random;",
  "performance.now": "export const at = performance.now();",
  "performance of node":
    'import { performance as p } from "node:perf_hooks";\nexport const at = p.now();',
  hrtime: "export const at = process.hrtime.bigint();",
  setTimeout: "export const wait = () => setTimeout(() => {}, 1);",
  "setTimeout of globalThis": "export const wait = () => globalThis.setTimeout(() => {}, 1);",
  "setTimeout as a value": "export const pause = { timer: setTimeout };",
  setInterval: "export const wait = () => setInterval(() => {}, 1);",
  setImmediate: "export const wait = () => setImmediate(() => {});",
  "timers/promises":
    'import { setTimeout as delay } from "node:timers/promises";\nexport { delay };',
  "timers imported late": 'export const timers = () => import("node:timers");',
  "AbortSignal.timeout": "export const late = AbortSignal.timeout(1);",
  fetch: 'export const page = () => fetch("http://127.0.0.1");',
  randomUUID: "export const id = crypto.randomUUID();",
  "randomUUID of node":
    'import { randomUUID } from "node:crypto";\nexport const id = randomUUID();',
  randomBytes: 'import { randomBytes } from "node:crypto";\nexport const key = randomBytes(8);',
  "all of crypto":
    'import * as crypto from "node:crypto";\nexport const key = crypto.randomBytes(8);',
  uuid: 'import { v7 } from "uuid";\nexport const id = v7();',
};

const GOOD = `import { createHash } from "node:crypto";
import type { Clock } from "@nofx/core/seams";
export interface Ports { readonly clock: Clock; fetch(url: string): Promise<string>; setTimeout?: number }
export async function work({ clock, fetch }: Ports, performance: { now(): number }, answer: { fetch: string }) {
  const stop = clock.timer(1_000, () => {});
  stop();
  const until = new Date(clock.date().getTime() + 1_000);
  return [createHash("sha256").digest("hex"), Date.parse("2026-01-01"), until, await fetch(answer.fetch), performance.now(), clock.now()];
}
`;

const FOLDERS = ["packages/core/src/machine", "packages/control/src/steps", "apps/worker/src/loop"];
const ALLOWED = [
  "packages/control/src/seams/system.ts",
  "packages/control/src/steps/claim.test.ts",
  "packages/core/src/testing/time.ts",
  "packages/db/src/local-stack/time.ts",
];

let folder = "";
let reported = new Set<string>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nofx-seams-"));
  const config = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as {
    jsPlugins: (string | { name: string; specifier: string })[];
    options: { typeAware: boolean };
  };
  config.jsPlugins = config.jsPlugins.map((plugin) =>
    typeof plugin === "string"
      ? join(root, plugin)
      : { ...plugin, specifier: join(root, plugin.specifier) },
  );
  config.options.typeAware = false;
  write(".oxlintrc.json", JSON.stringify(config));
  Object.values(BAD).forEach((text, i) => {
    for (const path of FOLDERS) write(`${path}/bad-${i}.ts`, text);
  });
  for (const path of FOLDERS) write(`${path}/good.ts`, GOOD);
  for (const path of ALLOWED) write(path, Object.values(BAD)[0] ?? "");
  reported = lint();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function lint(): Set<string> {
  const bin = join(root, "node_modules/oxlint/bin/oxlint");
  let text: string;
  try {
    text = execFileSync(process.execPath, [bin, "--quiet", "--format=json"], {
      cwd: folder,
      encoding: "utf8",
    });
  } catch (error) {
    text = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(text) as { diagnostics: { code: string; filename: string }[] };
  return new Set(
    diagnostics
      .filter(({ code }) => code === "nofx(injected-seams)")
      .map(({ filename }) => filename),
  );
}

test.each(Object.keys(BAD).map((name, i) => [name, i] as const))("%s is reported", (_, i) => {
  for (const path of FOLDERS) expect(reported).toContain(`${path}/bad-${i}.ts`);
});

test("what is handed in is not, nor the machine's own seams, tests and the launcher", () => {
  for (const path of FOLDERS) expect(reported).not.toContain(`${path}/good.ts`);
  for (const path of ALLOWED) expect(reported).not.toContain(path);
});
