import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const FUNCTIONS = fileURLToPath(new URL("../../../db/supabase/functions/", import.meta.url));

/** The program that the npm package `deno` brings for this machine; undefined where it brings none. */
export function findDeno(): string | undefined {
  const ours = createRequire(new URL("../../../../package.json", import.meta.url));
  try {
    const api = ours("deno/install_api.cjs") as { runInstall(): string };
    const program = api.runInstall();
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

interface Function {
  readonly url: string;
  readonly output: string[];
  stop(): Promise<void>;
}

// Not in this repository: where something cannot be resolved, Deno writes pnpm's workspace into the package.json above its folder.
const cwd = tmpdir();
const permissions = [
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--allow-env",
  "--allow-read",
  "--allow-sys",
];
const config = ["--config", join(FUNCTIONS, "deno.json"), "--no-remote", "--no-lock"];
const own = { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", PATH: process.env["PATH"] ?? "" };
const denoDir = { DENO_DIR: join(tmpdir(), "nofx-deno") };

/** Runs an edge function as Supabase would, on a port of this machine. */
export async function startFunction(
  deno: string,
  name: string,
  env: Record<string, string>,
): Promise<Function> {
  return started(deno, [...config, ...permissions, join(FUNCTIONS, name, "index.ts")], env);
}

/** The same from the one file that is deployed, with nothing that lies beside it. */
export async function startBundle(
  deno: string,
  folder: string,
  name: string,
  env: Record<string, string>,
): Promise<Function> {
  const build = spawn(process.execPath, [join(FUNCTIONS, "build.ts"), folder]);
  const [code] = (await once(build, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the bundle ended with ${code}`);
  const alone = ["--no-config", "--no-npm", "--no-remote"];
  return started(deno, [...alone, ...permissions, join(folder, `${name}.mjs`)], env);
}

async function started(
  deno: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Function> {
  const child = spawn(deno, ["run", ...args], {
    cwd,
    env: { ...own, ...denoDir, ...env, NOFX_FUNCTION_PORT: "0" },
  });
  const output: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => output.push(text));
  const port = await listening(child, output);
  return {
    url: `http://127.0.0.1:${port}`,
    output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    },
  };
}

/** Type-checks the functions with Deno's own compiler. Answers what it complains of. */
export async function checkFunctions(deno: string, names: readonly string[]): Promise<string> {
  const files = names.map((name) => join(FUNCTIONS, name, "index.ts"));
  const child = spawn(deno, ["check", ...config, ...files], { cwd, env: { ...own, ...denoDir } });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0 ? "" : said;
}

function listening(child: ChildProcess, output: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => {
      reject(new Error(`the function ended with ${code}: ${output.join("")}`));
    });
    createInterface({ input: child.stdout! }).on("line", (line) => {
      output.push(line);
      if (line.includes('"listening"'))
        resolve((JSON.parse(line) as { listening: number }).listening);
    });
  });
}
