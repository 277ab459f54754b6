import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lock } from "../../../../scripts/lib/lock.mjs";
import { Sentence } from "../errors.ts";
import { logFile, root, shown } from "../paths.ts";
import { tailLog } from "../processes/open-log.ts";
import { describeEnd, startProcess } from "../processes/start-process.ts";
import { stopProcess } from "../processes/stop-process.ts";
import { hashInputs } from "./hash-inputs.ts";

const web = join(root, "apps/web");
const buildId = join(web, ".next/BUILD_ID");
const stamp = join(web, ".next/nofx-inputs");

export const nextCommand = join(web, "node_modules/next/dist/bin/next");

/** What Next runs is bundled: coverage of it says nothing about our files. */
export const NEXT_ENVIRONMENT = {
  NODE_ENV: "production",
  NEXT_TELEMETRY_DISABLED: "1",
  NODE_V8_COVERAGE: "",
};

/** Builds the web app unless the build that is there was made from exactly these sources. */
export async function buildWeb(options: {
  home: string;
  progress: (text: string) => void;
  signal: AbortSignal;
}): Promise<"built" | "up to date"> {
  if (isBuilt(hashInputs(root))) return "up to date";
  options.progress("building, about a minute the first time");
  // The build belongs to the clone, whatever the state folder is.
  const release = await lock(join(root, ".nofx/web-build.lock"), "the build", options.progress);
  try {
    const wanted = hashInputs(root);
    if (isBuilt(wanted)) return "up to date";
    rmSync(stamp, { force: true });
    await runBuild(options);
    writeFileSync(stamp, `${wanted}\n`);
    return "built";
  } finally {
    release();
  }
}

function isBuilt(wanted: string): boolean {
  return existsSync(buildId) && existsSync(stamp) && readFileSync(stamp, "utf8").trim() === wanted;
}

async function runBuild(options: { home: string; signal: AbortSignal }): Promise<void> {
  const log = logFile("build", options.home);
  const build = startProcess({
    name: "build",
    script: nextCommand,
    args: ["build"],
    cwd: web,
    env: { ...NEXT_ENVIRONMENT, NOFX_SKIP_TYPES: "1" },
    log,
  });
  const stop = () => void stopProcess(build, { hurryMs: 1_000, killMs: 2_000 });
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    const ended = await build.ended;
    options.signal.throwIfAborted();
    if (ended.code === 0 && existsSync(buildId)) return;
    const lines = tailLog(log, 15);
    const why = lines.some((line) => /ENOSPC|no space left/i.test(line))
      ? "The disk is full: free some space (about 1 GB) and run this again."
      : ended.signal === "SIGKILL"
        ? "The machine ran out of memory (the build wants about 2 GB): free some and run this again."
        : `The web app could not be built (${describeEnd(ended)}).`;
    throw new Sentence(`${why} Its log is ${shown(log)}:\n${lines.join("\n")}`);
  } finally {
    options.signal.removeEventListener("abort", stop);
  }
}
