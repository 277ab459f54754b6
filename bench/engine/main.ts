// npm run bench:engine: the engine and its peers on the same workloads, on the same Postgres, in one session.
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { readingsOf } from "./compare.ts";
import { readOptions, type Options } from "./options.ts";
import { findPeers, runPeers } from "./peers.ts";
import { writeReport } from "./report.ts";
import { readResults } from "./results.ts";
import { renderTables } from "./tables.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const RESULTS = resolve(import.meta.dirname, "../RESULTS.md");
const SLOW_US = 2_000;

const options = readOptions(process.argv.slice(2));
const out = resolve(options.report ?? options.out ?? join(ROOT, ".nofx/bench"));
const peers = findPeers();
if (options.report !== undefined) {
  writeReport(out, RESULTS);
} else if (peers === undefined) {
  console.error(
    "The peers' bench is not here: set NOFX_PEERS_BENCH to its folder, or put it beside this checkout as ../shared/peers-bench. What follows is nofx alone, W1 and W3, by bench:profile; nothing is compared.",
  );
  const alone = ["--n", String(options.jobs), ...(options.json ? ["--json"] : [])];
  const slow = options.commitDelay > 0 ? [`commit_delay=${options.commitDelay}`] : [];
  const settings = slow.flatMap((one) => ["--set", one, "--set", "commit_siblings=0"]);
  const { status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "profile.ts"), ...alone, ...settings],
    { stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} else {
  const runnable = withoutMissing(options);
  if (options.full) {
    await measure(peers, runnable, "fast", 0);
    const workloads = ["W1", "W3"];
    await measure(peers, { ...runnable, workloads }, "slow", SLOW_US);
    writeReport(out, RESULTS);
  } else {
    const { commitDelay } = options;
    await measure(peers, runnable, commitDelay > 0 ? "slow" : "fast", commitDelay);
  }
}

async function measure(
  from: string,
  what: Options,
  folder: "fast" | "slow",
  commitDelay: number,
): Promise<void> {
  const file = await runPeers(from, what, { out: join(out, folder), commitDelay });
  const results = readResults(file);
  if (what.json) {
    for (const reading of readingsOf(results)) {
      console.log(JSON.stringify(commitDelay > 0 ? { ...reading, commitDelay } : reading));
    }
  } else {
    if (commitDelay > 0) console.log(`## commit_delay=${commitDelay}\n`);
    if (what.set !== undefined) console.log(`In every cell: ${what.set}\n`);
    console.log(renderTables(results));
  }
}

/** BullMQ wants a redis-server of the machine. */
function withoutMissing(all: Options): Options {
  const wantsRedis = (engine: string) => engine.startsWith("bullmq-redis");
  if (!all.engines.some(wantsRedis)) return all;
  if (spawnSync("redis-server", ["--version"]).status === 0) return all;
  console.error("There is no redis-server (apt-get install redis-server): BullMQ is left out.");
  return { ...all, engines: all.engines.filter((engine) => !wantsRedis(engine)) };
}
