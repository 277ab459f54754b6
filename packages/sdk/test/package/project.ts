import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const exec = promisify(execFile);
export const root = join(import.meta.dirname, "../..");
const repository = join(root, "../..");
const require = createRequire(import.meta.url);
/** The newest one: what authors have. */
const compiler = join(repository, "node_modules/typescript7/bin/tsc");

export interface Project {
  readonly folder: string;
  /** The package as it would be installed. */
  readonly installed: string;
  /** What the compiler says about these files, and of itself; the declarations of the package are checked too. */
  typeCheck(files: Readonly<Record<string, string>>, ...flags: string[]): Promise<string>;
  /** Adds packages that this one is developed with. */
  install(...names: string[]): Promise<void>;
  /** What a program of the project prints. */
  run(file: string, env?: NodeJS.ProcessEnv): Promise<string>;
  load(file: string): Promise<Record<string, unknown>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A project outside this repository with nothing but the built package, zod and Node's types. */
export async function createProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "nofx-sdk-"));
  const modules = join(folder, "node_modules");
  const installed = join(modules, "@nofx", "sdk");
  await mkdir(installed, { recursive: true });
  await mkdir(join(modules, "@types"));
  await exec(process.execPath, [binOf("tsdown"), "--out-dir", join(installed, "dist")], {
    cwd: root,
  });
  await writeFile(join(installed, "package.json"), JSON.stringify(await publishedManifest()));
  for (const file of ["README.md", "LICENSE"]) {
    await cp(join(root, file), join(installed, file)).catch(() => {});
  }
  for (const name of ["zod", "@types/node"]) {
    await symlink(dirname(require.resolve(`${name}/package.json`)), join(modules, name));
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));

  const node = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    exec(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } });
  return {
    folder,
    installed,
    async typeCheck(files, ...flags) {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const compilerOptions = {
        noEmit: true,
        strict: true,
        module: "nodenext",
        target: "es2024",
        lib: ["es2024"],
        types: ["node"],
      };
      const config = { compilerOptions, files: Object.keys(files) };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
      return node([compiler, "-p", ".", ...flags]).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
    },
    async install(...names) {
      for (const name of names) {
        await mkdir(dirname(join(modules, name)), { recursive: true });
        await symlink(join(root, "node_modules", name), join(modules, name));
      }
    },
    run: async (file, env) => (await node([file], env)).stdout,
    load: (file) =>
      import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href) as Promise<
        Record<string, unknown>
      >,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The manifest as a registry would show it: other exports, and versions in place of the catalogue. */
async function publishedManifest(): Promise<Record<string, unknown>> {
  const text = await readFile(join(root, "package.json"), "utf8");
  const {
    publishConfig,
    devDependencies: _,
    scripts: __,
    ...manifest
  } = JSON.parse(text) as {
    publishConfig: object;
    dependencies: Record<string, string>;
    devDependencies: unknown;
    scripts: unknown;
  };
  const dependencies: Record<string, string> = {};
  for (const name of Object.keys(manifest.dependencies)) {
    const { version } = require(`${name}/package.json`) as { version: string };
    dependencies[name] = version;
  }
  return { ...manifest, ...publishConfig, dependencies };
}

function binOf(name: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest) as { bin: Record<string, string> };
  return join(dirname(manifest), bin[name] ?? "");
}

/** The TypeScript of a page. */
export async function snippets(page: string): Promise<string[]> {
  const text = await readFile(join(repository, page), "utf8");
  return [...text.matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1] ?? "");
}
