import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { writePackage } from "../src/api-types/write-package.ts";

const ROOT = join(import.meta.dirname, "../../..");
const GENERATOR = fileURLToPath(
  new URL("../bin/run.js", import.meta.resolve("@hey-api/openapi-ts")),
);
/** The newest one: what teams have. */
const COMPILER = join(ROOT, "node_modules/typescript7/bin/tsc");
const exec = promisify(execFile);

export interface OutsideProject extends AsyncDisposable {
  /** Where the package of types is. */
  readonly types: string;
  /** Generates the REST client, and compiles all programs. */
  build(): Promise<void>;
  /** Runs a program of it, and gives what it printed. */
  run(program: string, env: Record<string, string>): Promise<unknown>;
}

/**
 * A project outside this repository, as a team's internal tools are: the package of types as it is published, the packages
 * of the clients, and the programs of examples/clients.
 */
export async function createOutsideProject(): Promise<OutsideProject> {
  const folder = await mkdtemp(join(tmpdir(), "nofx-clients-"));
  const modules = join(folder, "node_modules");
  const types = join(modules, "@nofx/web");
  await mkdir(types, { recursive: true });
  await writePackage(types);
  await cp(join(ROOT, "examples/clients"), folder, {
    recursive: true,
    filter: (path) => !/node_modules|src.nofx/.test(path),
  });
  const links = {
    "@trpc": "apps/web/node_modules/@trpc",
    "@types": "node_modules/@types",
    "@hey-api": "apps/web/node_modules/@hey-api",
  };
  for (const [name, at] of Object.entries(links)) {
    await symlink(join(ROOT, at), join(modules, name));
  }
  const node = (args: string[], env: Record<string, string> = {}) =>
    exec(process.execPath, args, {
      cwd: folder,
      env: { NODE_ENV: "production", PATH: process.env["PATH"], ...env },
    });
  return {
    types,
    async build() {
      await node([GENERATOR, "-s"]);
      await writeFile(join(folder, "src/wrong.ts"), await wrongProgram(folder));
      for (const [at, text] of (await snippets()).entries()) {
        await writeFile(join(folder, `src/snippet-${at}.ts`), text);
      }
      await node([COMPILER, "-p", "."]).catch((error: { stdout: string }) => {
        throw new Error(error.stdout);
      });
    },
    async run(program, env) {
      const { stdout } = await node([program], env);
      return JSON.parse(stdout) as unknown;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What the API does not have does not compile: if it did, the compiler would find these marks unused. */
async function wrongProgram(folder: string): Promise<string> {
  const program = await readFile(join(folder, "src/trpc.ts"), "utf8");
  return program
    .replace("const { role }", "// @ts-expect-error\nconst { rank: role }")
    .replace("const runs", "// @ts-expect-error\nconst runs")
    .replace("limit: 5", 'limit: "five"');
}

/** What docs/clients.md shows. */
async function snippets(): Promise<string[]> {
  const page = await readFile(join(ROOT, "docs/clients.md"), "utf8");
  return [...page.matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1] ?? "");
}
