import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { writePackage } from "../src/api-types/write-package.ts";
import { serve } from "./serve.ts";
import { type Person, startWeb, type TestWeb } from "./start-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

// A project outside this repository, as a team's internal tools are: the published package, the clients' own packages from
// the registry, and the programs of examples/clients.

const ROOT = join(import.meta.dirname, "../../..");
const exec = promisify(execFile);
const TIMEOUT = 120_000;
let project = "";
let web: TestWeb;
let operator: Person;
let server: Awaited<ReturnType<typeof serve>>;

const inProject = (args: string[], env: Record<string, string> = {}) =>
  exec(process.execPath, args, { cwd: project, env: { PATH: process.env["PATH"] ?? "", ...env } });

/** What the API does not have does not compile: were it to, the compiler would find these marks unused. */
async function wrongProgram(): Promise<string> {
  const program = await readFile(join(project, "src/trpc.ts"), "utf8");
  return program
    .replace("const { role }", "// @ts-expect-error\nconst { rank: role }")
    .replace("const runs", "// @ts-expect-error\nconst runs")
    .replace("limit: 5", 'limit: "five"');
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "nofx-clients-"));
  const modules = join(project, "node_modules");
  const installed = join(modules, "@nofx/web");
  await mkdir(installed, { recursive: true });
  await writePackage(installed);
  await cp(join(ROOT, "examples/clients"), project, {
    recursive: true,
    filter: (path) => !/node_modules|src.nofx/.test(path),
  });
  const links = {
    "@trpc": "apps/web/node_modules/@trpc",
    "@types": "node_modules/@types",
    "@hey-api": "tests/node_modules/@hey-api",
  };
  for (const [name, at] of Object.entries(links))
    await symlink(join(ROOT, at), join(modules, name));
  web = await startWeb();
  const { handleRest } = await import("../src/server/rest/handle-rest.ts");
  server = await serve((request) => {
    const { pathname } = new URL(request.url);
    return pathname.startsWith("/api/trpc") ? web.trpc(request) : handleRest(request);
  });
  operator = await web.person({ tenantId: (await web.tenant()).id, role: "operator" });
}, TIMEOUT);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
  await rm(project, { recursive: true, force: true });
});

test("the package is declarations and a document, and knows nothing of the server", async () => {
  const folder = join(project, "node_modules/@nofx/web");
  expect((await readdir(folder)).toSorted()).toEqual([
    "api-types.d.ts",
    "openapi.json",
    "package.json",
  ]);
  const types = await readFile(join(folder, "api-types.d.ts"), "utf8");
  expect(
    [...types.matchAll(/\bfrom "([^"]+)"|import\("([^"]+)"\)/g)].map((match) => match[1]),
  ).toEqual(["@trpc/server"]);
  expect(types).not.toMatch(/kysely|MemberContext|@nofx|process\.|server\//i);
  for (const name of web.procedures) expect(types).toContain(` ${name.split(".")[1]}: TRPC`);
});

test(
  "both clients type-check and run, and say why something is refused",
  { timeout: TIMEOUT },
  async () => {
    await inProject([join(ROOT, "tests/node_modules/@hey-api/openapi-ts/bin/run.js"), "-s"]);
    const compiler = join(ROOT, "node_modules/typescript7/bin/tsc");
    await writeFile(join(project, "src/wrong.ts"), await wrongProgram());
    await inProject([compiler, "-p", "."]).catch((error: { stdout: string }) => {
      throw new Error(error.stdout);
    });
    const env = { NOFX_URL: server.url, NOFX_TOKEN: operator.token };
    for (const [client, runs] of [
      ["trpc", 1],
      ["rest", 2],
    ] as const) {
      const { stdout } = await inProject([`src/${client}.ts`], env);
      expect({ client, ...JSON.parse(stdout) }).toEqual({
        client,
        role: "operator",
        submitted: 1,
        runs,
        refusal: "forbidden",
      });
    }
  },
);
