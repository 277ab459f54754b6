import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@nofx/db/local-stack/ports";
import { explain } from "../errors.ts";
import { home, root, shown } from "../paths.ts";
import { wantedPorts } from "../system/ports.ts";
import { isAlive, readState } from "../system/state.ts";

export interface Check {
  name: string;
  /** A note is worth knowing; bad stands in the way. */
  state: "ok" | "note" | "bad";
  says: string;
}

const GB = 1024 ** 3;

/** Looks at everything that a start needs. No check changes anything. */
export async function checkMachine(): Promise<Check[]> {
  const checks: (() => Check | Promise<Check>)[] = [
    checkNode,
    () => checkTool("git", "the demo applies patches with it"),
    () => checkTool("npm", "the demo packs and installs with it"),
    checkDisk,
    checkMemory,
    checkState,
    checkBuild,
    checkPostgres,
    checkRunning,
    ...(["web", "gateway", "postgres", "agents"] as const).map((part) => () => checkPort(part)),
    checkBrowser,
  ];
  return Promise.all(
    checks.map(async (check) => {
      try {
        return await check();
      } catch (error) {
        return {
          name: check.name.replace("check", ""),
          state: "bad" as const,
          says: explain(error),
        };
      }
    }),
  );
}

function checkNode(): Check {
  return { name: "Node", state: "ok", says: `${process.versions.node}, the project's own` };
}

function checkTool(tool: string, why: string): Check {
  const { status, stdout } = spawnSync(tool, ["--version"], { encoding: "utf8" });
  if (status === 0) return { name: tool, state: "ok", says: stdout.trim() };
  return { name: tool, state: "bad", says: `not on the PATH: install it (${why}).` };
}

function checkDisk(): Check {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  const says = `${(free / GB).toFixed(1)} GB free where the clone is`;
  if (free > 2 * GB) return { name: "Disk", state: "ok", says };
  return {
    name: "Disk",
    state: free > 0.3 * GB ? "note" : "bad",
    says: `${says}: free some space.`,
  };
}

function checkMemory(): Check {
  const says = `${(totalmem() / GB).toFixed(1)} GB, ${availableParallelism()} processors`;
  if (totalmem() > 3 * GB) return { name: "Memory", state: "ok", says };
  return {
    name: "Memory",
    state: "note",
    says: `${says}: the build of the web app wants about 2 GB.`,
  };
}

function checkState(): Check {
  const folder = existsSync(home) ? home : root;
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return {
      name: "State",
      state: "bad",
      says: `${folder} cannot be written: run this as the owner of the clone, or change its owner.`,
    };
  }
  return {
    name: "State",
    state: "ok",
    says: `${shown(home)}${existsSync(home) ? "" : " (made at the first start)"}`,
  };
}

function checkBuild(): Check {
  const built = existsSync(join(root, "apps/web/.next/BUILD_ID"));
  return built
    ? { name: "Web app", state: "ok", says: "built" }
    : { name: "Web app", state: "note", says: "not built yet: the first start does it." };
}

async function checkPostgres(): Promise<Check> {
  const { locateNativeFolder } = await import("@nofx/db/local-stack/binaries");
  const bin = join(locateNativeFolder(), "bin", "postgres");
  const { status, stdout, stderr } = spawnSync(bin, ["-V"], { encoding: "utf8" });
  if (status === 0) return { name: "Postgres", state: "ok", says: stdout.trim() };
  return {
    name: "Postgres",
    state: "bad",
    says: `${bin} does not run here (${stderr.trim() || "no output"}): delete node_modules and run npm start.`,
  };
}

function checkRunning(): Check {
  const state = readState(home);
  if (state === undefined)
    return { name: "Running", state: "ok", says: "nothing, as far as this clone knows" };
  if (isAlive(state)) {
    return {
      name: "Running",
      state: "ok",
      says: `${state.command}, process ${state.pid}, ${state.phase}`,
    };
  }
  return {
    name: "Running",
    state: "note",
    says: "an earlier start was killed; the next one clears up after it.",
  };
}

async function checkPort(part: "web" | "gateway" | "postgres" | "agents"): Promise<Check> {
  const wanted = wantedPorts(process.env)[part];
  const name = `Port ${wanted} (${part})`;
  const free = await findFreePort(wanted);
  if (free === wanted) return { name, state: "ok", says: "free" };
  const state = readState(home);
  if (state !== undefined && isAlive(state))
    return { name, state: "ok", says: "in use while NOFX runs" };
  return { name, state: "note", says: `somebody listens there: ${free} will be taken instead.` };
}

function checkBrowser(): Check {
  const name = "Browser";
  const folders = (process.env["PATH"] ?? "").split(":");
  const found = folders.some((folder) => hasBrowser(folder));
  if (found || process.env["PLAYWRIGHT_CHROMIUM"])
    return { name, state: "ok", says: "Chromium for the browser tests" };
  return {
    name,
    state: "note",
    says: "no Chromium: npm test skips the browser tests, everything else works.",
  };
}

function hasBrowser(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) =>
      /^(chromium|chromium-browser|google-chrome(-stable)?)$/.test(name),
    );
  } catch {
    return false;
  }
}
