import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakePlane, KEY } from "../fake-plane/server.ts";
import { DRIVERS, moduleOf, type Page } from "./docs.ts";
import { createProject, snippets, type Project } from "./project.ts";
import { manyTasks } from "./type-budget.ts";

const exec = promisify(execFile);
const TIMEOUT = 60_000;

let project: Project;
beforeAll(async () => {
  project = await createProject();
}, TIMEOUT);
afterAll(() => project[Symbol.asyncDispose]());

const REFUSED = `
import { defineAgent, NofxApiError, task } from "@nofx/sdk";
import { z } from "zod";
const greet = task("demo.greet")
  .input(z.object({ name: z.string() }))
  .output(z.object({ text: z.string() }))
  .run(async (ctx, input) => ({ text: await ctx.step("greet", () => "hello " + input.name.toUpperCase()) }));
const error: unknown = await defineAgent({ tasks: [greet] })
  .run({
    url: "http://127.0.0.1:1",
    key: "nofx_ak_0123456789abcdef",
    fetch: async () => new Response("{}", { status: 404 }),
    onEvent: () => {},
  })
  .catch((thrown: unknown) => thrown);
console.log(NofxApiError.is(error) && error.code);
`;

const OPTIONAL = ["ai", "@modelcontextprotocol/client", "@modelcontextprotocol/client/stdio"];

test("the built package imports zod and Node alone; adapters what they adapt", async () => {
  const dist = join(project.installed, "dist");
  const files = (await readdir(dist, { recursive: true })).filter((file) => /\.[jt]s$/.test(file));
  for (const file of files) {
    const text = await readFile(join(dist, file), "utf8");
    const imported = [...text.matchAll(/\bfrom\s*"([^".\s][^"\s]*)"/g)].map(
      (match) => match[1] ?? "",
    );
    const allowed = file.startsWith("adapters/") ? ["zod", ...OPTIONAL] : ["zod"];
    const others = imported.filter((name) => !allowed.includes(name) && !name.startsWith("node:"));
    expect([file, others]).toEqual([file, []]);
    expect(text).not.toContain("@nofx/core");
  }
});

test("an agent runs on the built package", async () => {
  await writeFile(join(project.folder, "refused.ts"), REFUSED);
  expect(await project.run("refused.ts")).toBe("bad_response\n");
});

test("the agent in the README has under 30 lines, and asks, calls a model and pays", async () => {
  const [readme = ""] = await snippets("packages/sdk/README.md");
  expect(readme.split("\n").filter((line) => line.trim() !== "").length).toBeLessThan(30);
  await writeFile(join(project.folder, "readme.ts"), readme);
  await using plane = await FakePlane.start({ capabilities: ["orders.refund"] });
  const paid: unknown[] = [];
  plane.others.set("/refunds", (body) => `receipt ${paid.push(JSON.parse(body))}`);
  plane.others.set("/v1/chat/completions", () =>
    JSON.stringify({ model: "m", choices: [{ message: { content: "Dear customer" } }] }),
  );
  const env = { NOFX_URL: plane.url, NOFX_AGENT_KEY: KEY, BANK_URL: plane.url };
  const agent = spawn(process.execPath, ["readme.ts"], {
    cwd: project.folder,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const exit = once(agent, "exit");
  const step = plane.enqueue({ capability: "orders.refund", input: { order: "o-1", cents: 500 } });
  await plane.until(() => step.held);
  plane.decide(step, {
    name: "refund",
    status: "modified",
    arguments: { order: "o-1", cents: 400 },
  });
  await plane.until(() => step.settled.length > 0);
  agent.kill("SIGTERM");
  await exit;
  expect(step.output).toEqual({ receipt: "receipt 1", letter: "Dear customer" });
  expect(paid).toEqual([{ order: "o-1", cents: 400 }]);
});

const FOLDER = "docs/sdk";
/** Pages whose examples are run by tests of their own. */
const ELSEWHERE = ["adapters", "testing"];

test(
  "what README and docs/sdk show compiles and runs; an output of another form does not",
  { timeout: TIMEOUT },
  async () => {
    const pages = new Map<string, string>();
    for (const file of await readdir(join(import.meta.dirname, "../../../..", FOLDER))) {
      const blocks = await snippets(`${FOLDER}/${file}`);
      const name = file.replace(".md", "");
      if (blocks.length > 0 && !ELSEWHERE.includes(name)) pages.set(name, moduleOf(blocks));
    }
    const files = Object.fromEntries([...pages].map(([name, text]) => [`page-${name}.ts`, text]));
    const [readme = ""] = await snippets("packages/sdk/README.md");
    const wrong = readme.replace("letter: letter.text }", "letter }");
    const said = await project.typeCheck({ ...files, "readme.ts": readme, "wrong.ts": wrong });
    // all of them, but for the agent whose output has another form than it says
    expect(said.split("\n").filter((line) => /^\S/.test(line))).toEqual([
      expect.stringMatching(/^wrong\.ts\(\d+,\d+\): error TS2345/),
    ]);
    const { createTestPlane } = (await project.load("node_modules/@nofx/sdk/dist/testing.js")) as {
      createTestPlane: Parameters<(typeof DRIVERS)[string]>[1];
    };
    expect([...pages.keys()].toSorted()).toEqual(Object.keys(DRIVERS).toSorted());
    for (const [name, drive] of Object.entries(DRIVERS)) {
      await drive((await project.load(`page-${name}.ts`)) as Page, createTestPlane).catch(
        (cause: unknown) => {
          throw new Error(`docs/sdk/${name}.md: ${String(cause)}`, { cause });
        },
      );
    }
  },
);

test(
  "the page of adapters compiles where what they adapt is installed",
  { timeout: TIMEOUT },
  async () => {
    await project.install("ai", "@modelcontextprotocol/client");
    const blocks = await snippets(`${FOLDER}/adapters.md`);
    const files = blocks.map((text, at) => [`adapters-${at}.ts`, text] as const);
    // those packages' own declarations are theirs to check
    expect(await project.typeCheck(Object.fromEntries(files), "--skipLibCheck")).toBe("");
  },
);

test("bundled by esbuild into one file, it runs", { timeout: TIMEOUT }, async () => {
  await writeFile(join(project.folder, "bundled.ts"), REFUSED);
  await build({
    entryPoints: [join(project.folder, "bundled.ts")],
    outfile: join(project.folder, "bundle/agent.mjs"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
  });
  expect(await project.run("bundle/agent.mjs")).toBe("bad_response\n");
});

test("packed, it passes publint and are-the-types-wrong", { timeout: TIMEOUT }, async () => {
  const { messages, pkg } = await publint({ pkgDir: project.installed, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);

  const { stdout } = await exec("npm", ["pack", "--json", "--ignore-scripts"], {
    cwd: project.installed,
  });
  const packed = JSON.parse(stdout) as { filename: string; size: number; unpackedSize: number }[];
  const { filename = "", size = 0, unpackedSize = 0 } = Object.values(packed)[0] ?? {};
  const checked = await checkPackage(
    createPackageFromTarballData(await readFile(join(project.installed, filename))),
  );
  if (checked.types === false) throw new Error("the package has no types");
  // ESM only, on purpose: Node 20.19 and later require() it as it is
  const problems = checked.problems.filter(
    (problem) =>
      problem.kind !== "CJSResolvesToESM" &&
      !("resolutionKind" in problem && problem.resolutionKind === "node10"),
  );
  expect(problems).toEqual([]);
  console.log(
    `@nofx/sdk: ${Math.round(size / 1_024)} KiB packed, ${Math.round(unpackedSize / 1_024)} KiB unpacked`,
  );
  // docs/sdk/package.md tells them; more than this is worth a look
  expect(size).toBeLessThan(200 * 1_024);
});

/** Figures grow with the number of tasks, from what zod and the package themselves take. */
const TASKS = process.env["PROVE"] === "1" ? 300 : 60;

test("a project of many tasks type-checks within its budget", { timeout: TIMEOUT }, async () => {
  const said = await project.typeCheck(
    manyTasks(TASKS),
    "--extendedDiagnostics",
    "--singleThreaded",
  );
  expect(said).not.toMatch(/error TS/);
  const figure = (name: string) => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(said)?.[1]);
  console.log(
    `${TASKS} tasks: ${figure("Instantiations")} instantiations, ${figure("Memory used")} K`,
  );
  expect(figure("Instantiations")).toBeLessThan(400_000 + TASKS * 3_000);
  expect(figure("Memory used")).toBeLessThan(1_000_000);
});
