// What the machine must have before anything is installed. Each check throws a Sentence that says what to do.
import { execFileSync } from "node:child_process";
import { accessSync, constants, statfsSync } from "node:fs";
import { Sentence } from "./say.mjs";

const GB = 1024 ** 3;

function requireNode() {
  const [major] = process.versions.node.split(".").map(Number);
  const needed = process.platform === "linux" ? 20 : 24;
  if (major < needed) {
    throw new Sentence(
      `Node ${process.versions.node} is too old: install Node ${needed} or newer (https://nodejs.org) and run this again.`,
    );
  }
}

function requireSystem() {
  const known =
    ["linux", "darwin"].includes(process.platform) && ["x64", "arm64"].includes(process.arch);
  if (!known) {
    throw new Sentence(
      `This is ${process.platform} on ${process.arch}; NOFX runs on Linux and macOS, x64 and arm64. On Windows use WSL 2.`,
    );
  }
  if (process.platform !== "linux") return;
  process.report.excludeNetwork = true;
  if (process.report.getReport().header.glibcVersionRuntime === undefined) {
    throw new Sentence(
      "This Linux has no glibc (Alpine, for example), which Postgres and Node from npm are built for. Use Debian, Ubuntu, Fedora or the like.",
    );
  }
}

function requireTool(tool, why) {
  try {
    return execFileSync(tool, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    throw new Sentence(`${tool} is not on the PATH: install it (${why}) and run this again.`);
  }
}

function requireWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Sentence(
      `No permission to write in ${folder}: run this as the owner of the clone, or change its owner.`,
    );
  }
}

/** Throws a Sentence when less than `bytes` are free where `folder` is. Returns what is free. */
function requireDisk(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes) {
    throw new Sentence(
      `The disk of ${folder} has ${(free / GB).toFixed(1)} GB free and ${(bytes / GB).toFixed(1)} GB are needed: free some space and run this again.`,
    );
  }
  return free;
}

/** Throws a Sentence when an installed clone has no room left to run in. */
export function requireRoom(root) {
  requireWritable(root);
  requireDisk(root, 0.3 * GB);
}

/** Checks the machine before the first install of the clone at `root`. Returns a short description of what was found. */
export function checkMachine(root) {
  requireNode();
  requireSystem();
  const git = requireTool("git", "the demo applies patches with it");
  requireWritable(root);
  const free = requireDisk(root, 3 * GB);
  return `Node ${process.versions.node}, ${git.replace(" version", "")}, ${Math.floor(free / GB)} GB free`;
}
