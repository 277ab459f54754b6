import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const exec = promisify(execFile);
const root = join(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
/** The newest one: what authors have. */
const compiler = join(root, "../../node_modules/typescript7/bin/tsc");
const TIMEOUT = 60_000;

/** A project outside this repository with nothing but the built package, zod and Node's types. */
let project = "";

const run = (args: string[]) => exec(process.execPath, args, { cwd: project });

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "nofx-sdk-"));
  const modules = join(project, "node_modules");
  const installed = join(modules, "@nofx", "sdk");
  await mkdir(installed, { recursive: true });
  await mkdir(join(modules, "@types"));
  await exec(process.execPath, [binOf("tsdown"), "--out-dir", join(installed, "dist")], {
    cwd: root,
  });
  const { publishConfig, ...manifest } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  ) as { publishConfig: object };
  await writeFile(
    join(installed, "package.json"),
    JSON.stringify({ ...manifest, ...publishConfig }),
  );
  for (const name of ["zod", "@types/node"]) {
    await symlink(dirname(require.resolve(`${name}/package.json`)), join(modules, name));
  }
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
}, TIMEOUT);

afterAll(() => rm(project, { recursive: true, force: true }));

function binOf(name: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest) as { bin: Record<string, string> };
  return join(dirname(manifest), bin[name] ?? "");
}

/** What the compiler says about some files of an author's project; the declarations of the package are checked too. */
async function typeErrors(files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
  const compilerOptions = {
    noEmit: true,
    strict: true,
    module: "nodenext",
    target: "es2024",
    lib: ["es2024"],
    types: ["node"],
  };
  const config = { compilerOptions, files: Object.keys(files) };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
  return run([compiler, "-p", "."]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

const snippets = [
  ...(await readFile(join(root, "README.md"), "utf8")).matchAll(/```ts\n([^]*?)```/g),
].map((match) => match[1] ?? "");

const REFUSED = `
import { defineAgent, defineTask, NofxApiError } from "@nofx/sdk";
import { z } from "zod";
const greet = defineTask({
  capability: "demo.greet",
  input: z.object({ name: z.string() }),
  output: z.object({ text: z.string() }),
  run: async (ctx, input) => ({ text: await ctx.step("greet", () => "hello " + input.name.toUpperCase()) }),
});
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

test("the built package imports zod and Node alone", async () => {
  for (const file of ["index.js", "index.d.ts"]) {
    const text = await readFile(join(project, "node_modules/@nofx/sdk/dist", file), "utf8");
    const imported = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map((match) => match[1]);
    expect(imported.filter((name) => name !== "zod" && !name?.startsWith("node:"))).toEqual([]);
    expect(text).not.toContain("@nofx/core");
  }
});

test(
  "the agent in the README is short and type-checks against the built package",
  { timeout: TIMEOUT },
  async () => {
    const [readme = ""] = snippets;
    expect(readme.split("\n").filter((line) => line.trim() !== "").length).toBeLessThan(30);
    expect(await typeErrors({ "readme.ts": readme, "refused.ts": REFUSED })).toBe("");
  },
);

test(
  "an agent whose output has another form than it says does not",
  { timeout: TIMEOUT },
  async () => {
    const wrong = (snippets[0] ?? "").replace("refunded, receipt }", "refunded }");
    expect(await typeErrors({ "wrong.ts": wrong })).toMatch(/wrong\.ts.*receipt/s);
  },
);

test("the built package runs", { timeout: TIMEOUT }, async () => {
  await writeFile(join(project, "refused.ts"), REFUSED);
  const { stdout } = await run(["refused.ts"]);
  expect(stdout).toBe("bad_response\n");
});
