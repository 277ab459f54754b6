// The checks that need no database: each is one command, or a few, whose exit code decides.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runLimited } from "../lib/limit.ts";
import { root } from "../lib/paths.mjs";
import { type Finished, runProcess } from "../lib/processes.ts";

export interface Check {
  name: string;
  run: () => Promise<Finished>;
}

const bin = (name: string) => join(root, "node_modules/.bin", name);

function command(name: string, file: string, args: readonly string[]): Check {
  return { name, run: () => runProcess(file, args, { cwd: root }) };
}

/** Next writes the declarations that its project includes; a fresh clone has none yet. */
async function declareNext(project: string): Promise<Finished> {
  const web = join(root, project);
  if (!existsSync(join(web, "next.config.ts")) || existsSync(join(web, "next-env.d.ts"))) {
    return { code: 0, output: "" };
  }
  return runProcess(join(web, "node_modules/.bin/next"), ["typegen"], { cwd: web });
}

/** Checks one project with TypeScript 7, which takes a tenth of the time of the classic compiler. */
async function checkProject(config: string): Promise<Finished> {
  const declared = await declareNext(join(config, ".."));
  if (declared.code !== 0) return declared;
  const compiler = join(root, "node_modules/typescript7/bin/tsc");
  const args = [compiler, "--noEmit", "--pretty", "false", "-p", config];
  return runProcess(process.execPath, args, { cwd: root });
}

/**
 * What runs in Node is one project here: checked package by package, those that many import would be checked as many times. The
 * packages' own projects are what editors read.
 */
const PROJECTS = [
  "tsconfig.node.json",
  "apps/web/tsconfig.json",
  "apps/web/test/tsconfig.json",
  "packages/ui/tsconfig.json",
  "tests/browser/tsconfig.json",
];

async function checkTypes(): Promise<Finished> {
  const results = await runLimited(
    2,
    PROJECTS.map((config) => () => checkProject(config)),
  );
  // A file may belong to several projects: its errors are told once.
  const lines = new Set(results.flatMap(({ output }) => output.split("\n")));
  return {
    code: Math.max(...results.map(({ code }) => code)),
    output: [...lines].filter((line) => line !== "").join("\n"),
  };
}

export const checks: readonly Check[] = [
  command("format", bin("oxfmt"), ["--check"]),
  command("lint", bin("oxlint"), ["--quiet"]),
  { name: "types", run: checkTypes },
  command("dependency direction", bin("depcruise"), [
    "--config=.dependency-cruiser.cjs",
    "--output-type=err-long",
    "packages",
    "apps",
    "scripts",
    "tests",
    "examples/adapters",
    "examples/agents",
  ]),
  command("dead code", bin("knip"), ["--no-progress", "--no-config-hints"]),
  command("document references", process.execPath, ["scripts/check-doc-refs.mjs"]),
  command("clock of the database", process.execPath, ["scripts/check-sql-clock.mjs"]),
];
