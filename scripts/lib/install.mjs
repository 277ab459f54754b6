// Installs the packages of the lockfile with the pinned pnpm, by npx, so that the machine needs nothing but npm.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { explainInstallError } from "./install-errors.mjs";
import { home, projectNode, root } from "./paths.mjs";
import { Sentence } from "./say.mjs";

const stampFile = join(root, "node_modules/.nofx-prepared");

function manifests() {
  const folders = ["packages", "apps"].flatMap((parent) =>
    existsSync(join(root, parent))
      ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
      : [],
  );
  return ["", ...folders, "bench", "examples/agents", "tests"].map((folder) =>
    join(folder, "package.json"),
  );
}

/** What decides the content of node_modules, as one digest. */
function digest() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests().sort()]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.update(`${process.platform}-${process.arch}`).digest("hex");
}

/** Whether node_modules holds exactly what the lockfile wants. */
export function isInstalled() {
  try {
    return existsSync(projectNode) && readFileSync(stampFile, "utf8").trim() === digest();
  } catch {
    return false;
  }
}

function writable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * pnpm's and npm's own folders in the user's home are used: a second clone then installs in two seconds by hard links. Only
 * where the home can't be written, or the store would lie on another disk and files be copied, they go into the clone.
 */
function cacheSettings() {
  const user = homedir();
  if (!existsSync(user) || !writable(user)) {
    const cache = join(home, "cache");
    mkdirSync(cache, { recursive: true });
    return {
      HOME: cache,
      npm_config_cache: join(cache, "npm"),
      pnpm_config_store_dir: join(cache, "pnpm"),
    };
  }
  return statSync(user).dev === statSync(root).dev
    ? {}
    : { pnpm_config_store_dir: join(home, "cache/pnpm") };
}

function environment() {
  const env = { ...process.env, ...cacheSettings() };
  // A production setting would leave out the tools that build and test; npm start hands these on.
  for (const name of [
    "NODE_ENV",
    "NODE_OPTIONS",
    "npm_config_omit",
    "npm_config_production",
    "npm_config_yes",
  ])
    delete env[name];
  return {
    ...env,
    npm_config_update_notifier: "false",
    npm_config_fetch_retries: "2",
    npm_config_fetch_retry_mintimeout: "2000",
    npm_config_fetch_retry_maxtimeout: "8000",
    pnpm_config_fetch_retries: "3",
    pnpm_config_fetch_retry_mintimeout: "2000",
    pnpm_config_fetch_retry_maxtimeout: "8000",
    pnpm_config_confirm_modules_purge: "false",
  };
}

/** Reads pnpm's event stream for progress; keeps everything else as the text of a possible error. */
function follow(note) {
  const seen = { resolved: 0, imported: 0, retries: 0 };
  const kept = [];
  return {
    text: () => kept.join("\n"),
    line(raw) {
      let event;
      try {
        event = JSON.parse(raw);
      } catch {
        if (raw.trim() !== "") kept.push(raw);
        return;
      }
      if (event.name === "pnpm:progress" && event.status in seen) {
        seen[event.status] += 1;
        note(`${seen.imported} of ${seen.resolved}`);
      } else if (event.name === "pnpm:request-retry") {
        seen.retries += 1;
        note(
          `${seen.imported} of ${seen.resolved}, the registry is slow to answer (${seen.retries} retries)`,
        );
      } else if (event.name === "pnpm:lifecycle") {
        if (event.line !== undefined) kept.push(event.line);
        note("building");
      } else if (event.level === "error" || event.level === "warn") {
        kept.push(
          [event.code, event.err?.code, event.err?.message, event.message]
            .filter(Boolean)
            .join(" "),
        );
      }
    },
  };
}

function eachLine(stream, take) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    lines.forEach(take);
  });
  stream.on("end", () => rest !== "" && take(rest));
}

/** Installs what the lockfile says; throws a Sentence when it can't. */
export async function install(note) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  rmSync(stampFile, { force: true });
  const wanted = digest();
  const progress = follow(note);
  // pnpm checks a lockfile against its supply-chain policies when somebody changes it. The committed one is trusted, checksums
  // still hold: asking the registry about every package again takes 15 s, and some mirrors cannot answer.
  const args = [
    "--yes",
    packageManager,
    "install",
    "--frozen-lockfile",
    "--trust-lockfile",
    "--reporter=ndjson",
  ];
  const child = spawn("npx", args, {
    cwd: root,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = () => child.kill("SIGTERM");
  process.once("exit", stop);
  eachLine(child.stdout, progress.line);
  eachLine(child.stderr, progress.line);
  const code = await new Promise((resolve, reject) => {
    child.on("error", (error) =>
      reject(
        error.code === "ENOENT"
          ? new Sentence(
              "npx is not on the PATH: install npm (it comes with Node) and run this again.",
            )
          : error,
      ),
    );
    child.on("close", (status, signal) => resolve(status ?? `signal ${signal}`));
  });
  process.removeListener("exit", stop);
  if (code !== 0)
    throw new Sentence(explainInstallError(progress.text(), { packageManager, code }));
  if (!existsSync(projectNode)) {
    throw new Sentence(
      `The packages are installed but ${projectNode} is missing: delete node_modules and run this again.\n${progress.text()}`,
    );
  }
  writeFileSync(stampFile, `${wanted}\n`);
}
