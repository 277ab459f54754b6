import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "tsdown";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
let consumer = "";

/** A project outside this repository with nothing but the built package and zod in its node_modules. */
beforeAll(async () => {
  consumer = await mkdtemp(join(tmpdir(), "nofx-sdk-"));
  const installed = join(consumer, "node_modules", "@nofx", "sdk");
  await mkdir(installed, { recursive: true });
  await build({
    cwd: root,
    config: join(root, "tsdown.config.ts"),
    outDir: join(installed, "dist"),
    logLevel: "silent",
  });
  const { publishConfig, ...manifest } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  ) as {
    publishConfig: object;
  };
  await writeFile(
    join(installed, "package.json"),
    JSON.stringify({ ...manifest, ...publishConfig }),
  );
  await symlink(
    dirname(require.resolve("zod/package.json")),
    join(consumer, "node_modules", "zod"),
  );
  await writeFile(join(consumer, "package.json"), JSON.stringify({ type: "module" }));
});

afterAll(() => rm(consumer, { recursive: true, force: true }));

test("the built package imports zod and Node alone", async () => {
  for (const file of ["index.js", "index.d.ts"]) {
    const text = await readFile(join(consumer, "node_modules/@nofx/sdk/dist", file), "utf8");
    const imported = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map((match) => match[1]);
    expect(imported.filter((name) => name !== "zod" && !name?.startsWith("node:"))).toEqual([]);
    expect(text).not.toContain("@nofx/core");
  }
});

const AUTHOR = `
import { defineAgent, defineTask, NofxApiError } from "@nofx/sdk";
import { z } from "zod";
const greet = defineTask({
  capability: "demo.greet",
  input: z.object({ name: z.string() }),
  output: z.object({ text: z.string() }),
  run: async (ctx, input) => ({ text: await ctx.step("greet", () => "hello " + input.name.toUpperCase()) }),
});
const agent = defineAgent({ tasks: [greet] });
const error: unknown = await agent
  .run({
    url: "http://127.0.0.1:1",
    key: "nofx_ak_0123456789abcdef",
    fetch: async () => new Response("{}", { status: 404 }),
    onEvent: () => {},
  })
  .catch((thrown: unknown) => thrown);
console.log(NofxApiError.is(error) && error.code);
`;

test("an author's program type-checks against it, declarations included, and runs", async () => {
  await writeFile(join(consumer, "agent.ts"), AUTHOR);
  const compilerOptions = {
    noEmit: true,
    strict: true,
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "dom"],
    types: [],
  };
  await writeFile(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  const tsc = require.resolve("typescript/lib/tsc.js");
  const checked = await run(process.execPath, [tsc, "-p", "."], { cwd: consumer }).catch(
    (error: { stdout: string }) => error,
  );
  expect(checked.stdout).toBe("");
  const { stdout } = await run(process.execPath, ["agent.ts"], { cwd: consumer });
  expect(stdout).toBe("bad_response\n");
});
