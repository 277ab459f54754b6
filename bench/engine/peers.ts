import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Options } from "./options.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ADAPTERS = { nofx: "adapter.mjs", "nofx-steps": "adapter-steps.mjs" };
/** The workloads that the engine also runs as separate steps. */
const IN_STEPS = ["W3"];

/** The folder of the peers' bench: NOFX_PEERS_BENCH, or where it lies beside a checkout. */
export function findPeers(): string | undefined {
  const folder = process.env["NOFX_PEERS_BENCH"] ?? resolve(ROOT, "../shared/peers-bench");
  return existsSync(join(folder, "run.sh")) ? folder : undefined;
}

/** Runs the peers' bench, us among them, and answers the file with one line a cell. What it says goes to stderr. */
export async function runPeers(
  peers: string,
  options: Options,
  { out, commitDelay }: { out: string; commitDelay: number },
): Promise<string> {
  // Its Postgres has an account of its own and must reach the binaries that are installed here: not under a home folder.
  const install = process.env["NOFX_PEERS_INSTALL"] ?? join(tmpdir(), "nofx-peers-bench");
  const source = commitDelay > 0 ? slowed(peers, commitDelay) : peers;
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  try {
    const code = await new Promise<number | null>((done, fail) => {
      const child = spawn(join(source, "run.sh"), argumentsOf(options), {
        env: { ...process.env, PEERBENCH_DIR: install, PEERBENCH_OUT: out },
        stdio: ["ignore", process.stderr, process.stderr],
      });
      child.once("error", fail);
      child.once("exit", done);
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => child.kill(signal));
      }
    });
    if (code !== 0) throw new Error(`The peers' bench ended with ${code}.`);
  } finally {
    if (source !== peers) rmSync(source, { recursive: true, force: true });
  }
  return join(out, "results.jsonl");
}

function argumentsOf(options: Options): string[] {
  const { engines, workloads, profiles, reps, jobs, set, quiet, full } = options;
  const inSteps = engines.includes("nofx") && workloads.some((one) => IN_STEPS.includes(one));
  const all = engines.flatMap((name) =>
    name === "nofx" && inSteps ? ["nofx", "nofx-steps"] : [name],
  );
  return [
    ...Object.entries(ADAPTERS).flatMap(([name, file]) => [
      "--adapter",
      `${name}=${join(import.meta.dirname, file)}`,
    ]),
    "--engines",
    [...new Set(all)].join(),
    "--workloads",
    workloads.join(),
    "--profiles",
    profiles.join(),
    "--reps",
    String(reps),
    "--jobs",
    String(jobs),
    // three repetitions of everything take about an hour
    "--budget",
    full ? "7200" : "3300",
    ...(set === undefined ? [] : ["--set", set]),
    ...(quiet === undefined ? [] : ["--quiet", quiet]),
  ];
}

const SETTINGS = "pgSettings = ['max_connections=200']";

/**
 * A copy of the peers' bench whose Postgres waits so many microseconds before each flush, as a network disk would, for every engine
 * alike. commit_siblings=0: also where nobody else is about to commit.
 */
function slowed(peers: string, commitDelay: number): string {
  const copy = join(tmpdir(), `nofx-peers-slow-${process.pid}`);
  cpSync(peers, copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const file = join(copy, "lib/servers.mjs");
  const text = readFileSync(file, "utf8");
  if (!text.includes(SETTINGS)) throw new Error(`${file} has no line with ${SETTINGS}.`);
  const more = `, 'commit_delay=${commitDelay}', 'commit_siblings=0'`;
  writeFileSync(file, text.replace(SETTINGS, `${SETTINGS.slice(0, -1)}${more}]`));
  return copy;
}
